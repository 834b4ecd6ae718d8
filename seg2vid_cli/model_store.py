"""From `--model NAME-or-FOLDER` to a checked model folder.

A plain name is a bundled model's, whatever lies in the current folder, so that a command means the same everywhere;
only a name that no bundled model has may be a folder in the current one.  A value with a path separator is always a
folder: `--model ./street` is the folder beside you.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from seg2vid_interface.errors import ModelError

if TYPE_CHECKING:
    from seg2vid_interface.model_card import ModelFolder

DEFAULT_MODEL = "street"
BUNDLED_MODELS = Path(__file__).parent / "models"
_CARD_NAME = "model.json"


def bundled_models() -> dict[str, Path]:
    """Return name -> folder of the models that come with seg2vid, by name."""
    return {card.parent.name: card.parent for card in sorted(BUNDLED_MODELS.glob(f"*/{_CARD_NAME}"))}


def find_model(name_or_folder: str) -> Path:
    """Return the folder that `name_or_folder` means; whether it holds a good model is not looked at.

    Raises:
        ModelError: a name that is neither a bundled model nor a folder.
    """
    bundled = bundled_models()
    if name_or_folder in bundled:
        return bundled[name_or_folder]
    folder = Path(name_or_folder)
    separators = {os.sep, os.altsep} - {None}
    if folder.is_dir() or any(separator in name_or_folder for separator in separators if separator):
        return folder
    known = ", ".join(bundled) or "none is bundled"
    raise ModelError(f"{name_or_folder}: no such model and no such folder", f"Known models: {known}.")


def open_model(name_or_folder: str) -> "ModelFolder":
    """Find a model, read its card and check its files.  Raises ModelError."""
    from seg2vid_interface.model_card import open_model_folder

    return open_model_folder(find_model(name_or_folder))
