"""From `--model NAME-or-FOLDER` to a model folder.

A plain name is a bundled model's, whatever lies in the current folder, so that a command means the same everywhere;
then one that `seg2vid models pull` fetched; only a name that neither has may be a folder in the current one.  A value
with a path separator is always a folder: `--model ./street` is the folder beside you.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from seg2vid_cli.files.cache import cache_folder, find_cache_folder
from seg2vid_interface.errors import ModelError

if TYPE_CHECKING:
    from seg2vid_interface.model_card import ModelFolder

DEFAULT_MODEL = "street"
BUNDLED_MODELS = Path(__file__).parents[1] / "models"
_CARD_NAME = "model.json"
_PULLED = "models"  # within the cache folder


def bundled_models() -> dict[str, Path]:
    """Return name -> folder of the models that come with seg2vid, by name."""
    return {card.parent.name: card.parent for card in sorted(BUNDLED_MODELS.glob(f"*/{_CARD_NAME}"))}


def pulled_models() -> dict[str, Path]:
    """Return name -> folder of the models that were pulled, by name; damaged ones too.  Raises OSError."""
    cache = find_cache_folder()
    folder = cache and cache / _PULLED
    if folder is None or not folder.is_dir():
        return {}
    # Hidden is what is just being pulled.
    return {path.name: path for path in sorted(folder.iterdir()) if path.is_dir() and not path.name.startswith(".")}


def pulled_models_folder() -> Path:
    """Return the folder that models are pulled into; it need not exist.  Raises OutputError where there is none."""
    return cache_folder() / _PULLED


def model_names() -> list[str]:
    """Return the names that `--model` knows: bundled models', then pulled ones'; no card is read.  Raises OSError."""
    return list(bundled_models() | pulled_models())


def find_model(name_or_folder: str) -> Path:
    """Return the folder that `name_or_folder` means; whether it holds a good model is not looked at.

    Raises:
        ModelError: a name that is neither a model's nor a folder.
        OSError: the cache folder cannot be read.
    """
    separators = {os.sep, os.altsep} - {None}
    if any(separator in name_or_folder for separator in separators if separator):
        return Path(name_or_folder)
    for models in (bundled_models, pulled_models):
        if name_or_folder in (found := models()):
            return found[name_or_folder]
    folder = Path(name_or_folder)
    if folder.is_dir():
        return folder
    known = ", ".join(model_names()) or "none"
    raise ModelError(f"{name_or_folder}: no such model and no such folder", f"Known models: {known}.")


def open_model(name_or_folder: str) -> "ModelFolder":
    """Find a model and read its card; its files are checked when they are used.  Raises ModelError."""
    from seg2vid_interface.model_card import open_model_folder

    return open_model_folder(find_model(name_or_folder))
