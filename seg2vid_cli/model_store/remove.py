"""`seg2vid models remove`: pulled models leave the cache folder."""

from collections.abc import Iterable
from pathlib import Path

from seg2vid_cli.model_store.store import bundled_models, pulled_models
from seg2vid_interface.errors import ModelError, OutputError
from seg2vid_interface.staging.leftovers import put_right
from seg2vid_interface.staging.staging import Staging


def remove_models(names: Iterable[str]) -> dict[str, Path]:
    """Remove pulled models; return name -> the folder that is gone.

    Raises:
        ModelError: a name that is no pulled model's; nothing was removed.
        OutputError: a folder cannot be removed; those named before it are gone.
    """
    pulled = pulled_models()
    folders = {name: _folder_of(name, pulled) for name in names}
    put_right(folder.parent for folder in folders.values())
    for folder in folders.values():
        try:
            _remove(folder)
        except OSError as error:
            raise OutputError(f"{folder}: cannot be removed: {error.strerror}") from error
    return folders


def _folder_of(name: str, pulled: dict[str, Path]) -> Path:
    if name in pulled:
        return pulled[name]
    problem = "a bundled model, which stays" if name in bundled_models() else "no pulled model has this name"
    known = ", ".join(pulled) or "none"
    raise ModelError(f"{name}: {problem}", f"Pulled models: {known}.  A model folder elsewhere is yours to delete.")


def _remove(folder: Path) -> None:
    staging = Staging(overwrite=True)
    try:
        staging.take_away(folder)  # at once, so that nobody meets half a model; of a link what it leads to stays
        staging.commit()
    finally:
        staging.discard()
