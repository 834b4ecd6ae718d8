"""`seg2vid models pull`: from a URL to a checked model in the cache folder, or no change at all."""

import os
import re
from pathlib import Path
from tempfile import TemporaryFile

from seg2vid_cli.files.cache import CACHE_VARIABLE
from seg2vid_cli.files.staging import Staging
from seg2vid_cli.model_store.archive import ModelArchive
from seg2vid_cli.model_store.download import check_url, download
from seg2vid_cli.model_store.store import bundled_models, pulled_models, pulled_models_folder
from seg2vid_cli.terminal.console import Console
from seg2vid_interface.errors import ModelError, OutputError, UsageError
from seg2vid_interface.model_card import ModelFolder, open_model_folder

_RECORD_NAME = ".archive-sha256"
"""In a pulled model's folder: the SHA-256 of the .zip that it came in."""


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
    if not overwrite and (model := _pulled_before(sha256)) is not None:
        console.say(f"{model.path.name}: was pulled before, nothing to fetch")
        return model
    folder = pulled_models_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # A file without a name, so that nothing is left of it, whatever ends the program.
        with TemporaryFile(dir=folder) as file:
            _check_hash(url, download(url, file, console), sha256)
            return _install(ModelArchive(file, url), folder, sha256, overwrite=overwrite, console=console)
    except OSError as error:
        hint = f"{CACHE_VARIABLE}=FOLDER in the environment puts the cache folder elsewhere."
        raise OutputError(f"{error.filename or folder}: cannot be written: {error.strerror}", hint) from error


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
                return open_model_folder(path)
            except ModelError as error:
                raise ModelError(error.message, "Fetch it again with --overwrite.") from error
    return None


def _check_hash(url: str, actual: str, expected: str) -> None:
    if actual != expected:
        raise ModelError(
            f"{url}: its SHA-256 is {actual}, not --sha256 {expected}",
            "It is another file than the one meant; nothing of it was kept.",
        )


def _install(archive: ModelArchive, folder: Path, sha256: str, *, overwrite: bool, console: Console) -> ModelFolder:
    name = archive.card.name
    target = folder / name
    _check_name_is_free(name, target, overwrite=overwrite)
    if _RECORD_NAME in archive.card.all_files():
        raise ModelError(
            f"{archive.source}: its card names a file {_RECORD_NAME}, which is kept for a record of its hash"
        )
    staging = Staging(overwrite=overwrite)
    try:
        staged = staging.add_file(target)  # to Staging, a folder that is replaced as a whole is a file
        staged.mkdir()
        card = archive.unpack(staged).card
        (staged / _RECORD_NAME).write_bytes(sha256.encode())
        staging.commit()
    finally:
        staging.discard()
    if archive.left_out:
        console.say(f"left out, as the card does not name them: {', '.join(map(repr, archive.left_out))}")
    return ModelFolder(target, card)


def _check_name_is_free(name: str, target: Path, *, overwrite: bool) -> None:
    if name in bundled_models():
        raise ModelError(f"{name}: a bundled model has this name", "The publisher has to give the model another one.")
    if os.path.lexists(target) and not overwrite:
        raise OutputError(
            f"{name}: a model of this name was pulled before, from another file", "Replace it with --overwrite."
        )
