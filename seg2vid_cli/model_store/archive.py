"""Unpacks model folders from .zip files, which strangers may have made.

Only `model.json` and the files that it names are unpacked, under the plain names that a card can name, so that no
member can lead elsewhere or pose as a link; other members (a README, macOS's `__MACOSX/`) are passed over.
"""

import io
import shutil
import zlib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

from seg2vid_interface.errors import ModelError
from seg2vid_interface.model_card import CARD_NAME, FETCH_AGAIN, ModelFolder, open_model_folder

MAX_UNPACKED_BYTES = 4_000_000_000
_MAX_CARD_BYTES = 1_000_000
_MAX_RATIO = 100
"""Unpacked bytes per byte of the archive; weights hardly shrink at all, so that more of it is a bomb."""
_ENCRYPTED = 0x1
"""Bit of a member's flags."""
_HINT = "Its publisher has to make it anew, for example with `zip -j NAME.zip MODEL-FOLDER/*`."


def unpack_model(archive: Path, folder: Path, source: str) -> ModelFolder:
    """Unpack the model in a .zip, at its root or in its one folder, and check every file against the card.

    Args:
        archive: the .zip.
        folder: where the files go; it must not exist.
        source: what messages call the .zip.

    Raises:
        ModelError: no .zip of a model folder, a damaged or dangerous one, or a file that differs from the card.
        OSError: a file cannot be written.
    """
    folder.mkdir()
    try:
        with _BoundedReads(archive) as file:
            return _unpack(ZipFile(file), archive.stat().st_size, folder)
    except (BadZipFile, zlib.error, EOFError, RuntimeError, ValueError) as error:  # whatever zipfile stumbles over
        raise ModelError(f"{source}: not a usable .zip of a model: {error}", _HINT) from error
    except ModelError as error:
        hint = error.hint if error.hint not in (None, FETCH_AGAIN) else _HINT
        raise ModelError(error.message.replace(str(folder), source), hint) from error


class _BoundedReads(io.FileIO):
    """A file for zipfile, which goes where the file says, and reads the list of members at once, however long it is."""

    _LONGEST = 1 << 20

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        if whence == io.SEEK_SET and offset < 0:
            raise BadZipFile("its list of members is damaged")
        return super().seek(offset, whence)

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(self._LONGEST + 1 if size is None or size < 0 else min(size, self._LONGEST + 1))
        if len(data) > self._LONGEST:
            raise BadZipFile("the list of its members is too long")
        return data


def _unpack(archive: ZipFile, archive_bytes: int, folder: Path) -> ModelFolder:
    inner = _model_folder(archive.namelist())
    _unpack_members(archive, [inner + CARD_NAME], _MAX_CARD_BYTES, folder)
    model = open_model_folder(folder)
    wanted = [inner + name for name in model.card.all_files()]
    present = [name for name in archive.namelist() if name in wanted]
    _unpack_members(archive, present, min(MAX_UNPACKED_BYTES, _MAX_RATIO * archive_bytes), folder)
    try:
        model.check_all_files()
    except ModelError as error:
        raise BadZipFile(error.message.removeprefix(f"{folder}: ")) from error
    return model


def _model_folder(names: Iterable[str]) -> str:
    """Return "" or "FOLDER/": what the names of the model's files begin with.  Raises BadZipFile."""
    cards = []
    for name in names:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\\" in name:
            raise BadZipFile(f"its member {name!r} leads out of its folder")
        if path.name == CARD_NAME and len(path.parts) <= 2:
            cards.append(name)
    if len(cards) != 1:
        raise BadZipFile(f"it must have one {CARD_NAME}, at its root or in one folder, but has {len(cards)}")
    return cards[0].removesuffix(CARD_NAME)


def _unpack_members(archive: ZipFile, names: Iterable[str], most_bytes: int, folder: Path) -> None:
    members = [archive.getinfo(name) for name in names]
    for member in members:
        if member.flag_bits & _ENCRYPTED or member.compress_type not in {ZIP_STORED, ZIP_DEFLATED}:
            raise BadZipFile(f"its member {member.filename!r} is encrypted, or neither stored nor deflated")
    total = sum(member.file_size for member in members)
    if total > most_bytes:
        raise BadZipFile(f"it unpacks to {total / 1e6:.3g} MB; the most is {most_bytes / 1e6:.3g} MB")
    for member in members:
        path = folder / PurePosixPath(member.filename).name
        with archive.open(member) as source, path.open("xb") as file:
            shutil.copyfileobj(source, file)  # no more than the size that the member says it has
