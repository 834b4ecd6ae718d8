"""`seg2vid models pull`: from a URL to a checked model in the cache folder, or no change at all."""

import os
import re
from pathlib import Path

from seg2vid_cli.files.cache import CACHE_VARIABLE
from seg2vid_cli.model_store.archive import unpack_model
from seg2vid_cli.model_store.download import check_url, download
from seg2vid_cli.model_store.store import bundled_models, pulled_models, pulled_models_folder
from seg2vid_cli.terminal.console import Console
from seg2vid_interface.errors import ModelError, OutputError, UsageError
from seg2vid_interface.model_card import ModelFolder, open_model_folder
from seg2vid_interface.staging.leftovers import put_right
from seg2vid_interface.staging.staging import Staging

_RECORD_NAME = ".archive-sha256"
"""In a pulled model's folder: the SHA-256 of the .zip that it came in."""
_LOCK_NAME = ".models-lock"
"""In the cache folder: held while a model takes its name, so that two pulls do not meet."""


def pull_model(url: str, sha256: str, *, overwrite: bool, console: Console) -> ModelFolder:
    """Fetch the .zip of a model folder and put the model into the cache folder, under its card's name.

    Args:
        url: where the .zip lies: https, or http on this machine.
        sha256: of the .zip, 64 hexadecimal digits.
        overwrite: whether a pulled model of the same name may be replaced; if not, and the very same .zip was pulled
            before, nothing is fetched.
        console: shows progress.

    Raises:
        UsageError: a URL or hash that is none.
        ModelError: the file cannot be fetched, is not the one meant, or is no good model.
        OutputError: a pulled model has its name, or the cache folder cannot be written.
    """
    check_url(url)
    sha256 = _checked_hash(sha256)
    folder = pulled_models_folder()
    put_right([folder])
    if not overwrite and (model := _pulled_before(sha256)) is not None:
        console.say(f"{model.path.name}: was pulled before, nothing to fetch")
        return model
    from filelock import FileLock

    staging, hidden = Staging(overwrite=overwrite), None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        hidden = staging.scratch(folder)
        model = unpack_model(download(url, sha256, hidden, console), hidden / "model", source=url)
        (model.path / _RECORD_NAME).write_bytes(sha256.encode())
        with FileLock(folder.parent / _LOCK_NAME):
            if not overwrite and (pulled := _pulled_before(sha256)) is not None:  # by another pull, meanwhile
                return pulled
            return _install(model, folder, staging, overwrite=overwrite)
    except OSError as error:
        hint = f"{CACHE_VARIABLE}=FOLDER in the environment puts the cache folder elsewhere."
        named = error.filename is not None and not (hidden and Path(error.filename).is_relative_to(hidden.parent))
        where = error.filename if named else folder
        raise OutputError(f"{where}: cannot be written: {error.strerror}", hint) from error
    finally:
        staging.discard()


def _checked_hash(sha256: str) -> str:
    if not re.fullmatch("[0-9a-fA-F]{64}", sha256):
        raise UsageError(
            f"--sha256 {sha256}: not 64 hexadecimal digits", "`sha256sum FILE.zip` prints it; ask the publisher for it."
        )
    return sha256.lower()


def _pulled_before(sha256: str) -> ModelFolder | None:
    """Return the pulled model that came in the .zip of this hash.  Raises ModelError if it was damaged since."""
    for path in pulled_models().values():
        record = path / _RECORD_NAME
        if record.is_file() and record.read_bytes() == sha256.encode():
            try:
                model = open_model_folder(path)
                model.check_all_files()
            except ModelError as error:
                raise ModelError(error.message, "Fetch it again with --overwrite.") from error
            return model
    return None


def _install(model: ModelFolder, folder: Path, staging: Staging, *, overwrite: bool) -> ModelFolder:
    """Move the model to its name in `folder`."""
    name = model.card.name
    target = folder / name
    if name in bundled_models():
        raise ModelError(f"{name}: a bundled model has this name", "The publisher has to give the model another one.")
    if os.path.lexists(target) and not overwrite:
        raise OutputError(
            f"{name}: a model of this name was pulled before, from another file", "Replace it with --overwrite."
        )
    model.path.rename(staging.add_folder(target, whole=True))
    staging.commit()
    return ModelFolder(target, model.card)
