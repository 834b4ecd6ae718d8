"""Model folders in .zip files, which strangers may have made.

All members' names, kinds and sizes are checked before anything is unpacked.  Then `model.json` and the files that it
names are unpacked; other members (a README, macOS's `__MACOSX/`) are left out, but must be as harmless as the rest.
"""

import re
import stat
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import IO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from seg2vid_interface.errors import ModelError
from seg2vid_interface.model_card import CARD_NAME, ModelFolder, open_model_folder, read_card

MAX_MEMBERS = 64
MAX_UNPACKED_BYTES = 4_000_000_000
MAX_CARD_BYTES = 1_000_000
MAX_RATIO = 100
"""Unpacked bytes per byte of the archive; weights hardly shrink at all, so that more of it is a bomb."""
_ALWAYS_ALLOWED_BYTES = 1_000_000
"""Unpacked sizes up to this need no reasonable ratio."""
_CHUNK_BYTES = 1 << 16
_ENCRYPTED = 0x1 | 0x40 | 0x2000
"""Bits of a member's flags: encrypted, strongly so, its header too."""
_MAX_NAME_LENGTH = 255
_HINT = "Its publisher has to make it anew, for example with `zip -j NAME.zip MODEL-FOLDER/*`."
_MACOS_EXTRAS = "__MACOSX/"


class ModelArchive:
    """A checked .zip of one model folder, at its root or in its one folder.

    Attributes:
        source: what messages call it.
        card: the model's card.
        left_out: names of the members that are no part of the model.
    """

    def __init__(self, file: IO[bytes], source: str) -> None:
        """Read the list of members and the card; unpack nothing.

        Args:
            file: the .zip, to be kept open.
            source: what to call it in messages.

        Raises:
            ModelError: no .zip of a model folder, or a member that might do harm.
        """
        self.source = source
        with TemporaryDirectory() as folder, self._faults(folder):
            self._zip = ZipFile(_BoundedReads(file))
            self._members = _checked_members(self._zip.infolist(), archive_bytes=file.seek(0, 2))
            if self._members[CARD_NAME].file_size > MAX_CARD_BYTES:
                raise BadZipFile(f"its {CARD_NAME} is larger than {MAX_CARD_BYTES / 1e6:g} MB")
            self._unpack([CARD_NAME], Path(folder))
            self.card = read_card(Path(folder))
        self.left_out = sorted(self._members.keys() - self._wanted())

    def unpack(self, folder: Path) -> ModelFolder:
        """Unpack the model into the empty folder `folder` and check its files against the card.

        Raises:
            ModelError: a damaged member, or a file that is missing or differs from the card.
            OSError: a file cannot be written.
        """
        with self._faults(str(folder), _HINT):
            self._unpack(self._wanted() & self._members.keys(), folder)
            return open_model_folder(folder)

    def _wanted(self) -> set[str]:
        return {CARD_NAME, *self.card.all_files()}

    def _unpack(self, names: Iterable[str], folder: Path) -> None:
        for name in names:
            _unpack_member(self._zip, self._members[name], folder / name)

    @contextmanager
    def _faults(self, folder: str, hint: str | None = None) -> Iterator[None]:
        """Name the archive in the block's errors, where they name nothing or the folder that is being filled."""
        try:
            yield
        except (BadZipFile, NotImplementedError, EOFError, RecursionError, ValueError, zlib.error) as error:
            raise ModelError(f"{self.source}: not a usable .zip of a model: {error}", _HINT) from error
        except ModelError as error:
            raise ModelError(error.message.replace(folder, self.source), hint or error.hint) from error


class _BoundedReads:
    """A file for zipfile, which reads the list of members at once, however long the file says it is."""

    _LONGEST_READ = 1 << 20

    def __init__(self, file: IO[bytes]) -> None:
        self.seek = file.seek
        self.tell = file.tell
        self.seekable = file.seekable
        self._file = file

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(min(size, self._LONGEST_READ + 1) if size >= 0 else self._LONGEST_READ + 1)
        if len(data) > self._LONGEST_READ:
            raise BadZipFile("the list of its members is too long")
        return data


def _checked_members(infos: list[ZipInfo], archive_bytes: int) -> dict[str, ZipInfo]:
    """Return file name -> member, of the files in the model's folder.  Raises BadZipFile."""
    if len(infos) > MAX_MEMBERS:
        raise BadZipFile(f"it has {len(infos)} members; the most is {MAX_MEMBERS}")
    seen: set[str] = set()
    for info in infos:
        for name in (info.orig_filename, info.filename):  # an archive can give two
            _check_name(name)
        _check_kind(info)
        # Many disks take names that differ by case alone for one.
        if info.filename.casefold() in seen:
            raise BadZipFile(f"it has two members called {info.filename!r}")
        seen.add(info.filename.casefold())
    _check_sizes(infos, archive_bytes)
    infos = [info for info in infos if not info.filename.startswith(_MACOS_EXTRAS)]
    _check_folder(infos)
    members = {PurePosixPath(info.filename).name: info for info in infos if not info.is_dir()}
    if CARD_NAME not in members:
        raise BadZipFile(f"it has no {CARD_NAME}")
    return members


def _check_name(name: str) -> None:
    if len(name) > _MAX_NAME_LENGTH:
        raise BadZipFile(f"it has a member whose name has {len(name)} letters")
    parts = name.removesuffix("/").split("/")
    if any(part in {"", ".", ".."} for part in parts):
        raise BadZipFile(f"its member {name!r} leads out of its folder")
    if re.search(r"[\\:\x00-\x1f\x7f]", name):  # on some systems a folder, a drive, a stream, or the end of the name
        raise BadZipFile(f"its member {name!r} has a backslash, colon or control character in its name")


def _check_kind(info: ZipInfo) -> None:
    if stat.S_IFMT(info.external_attr >> 16) not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise BadZipFile(f"its member {info.filename!r} is a link or another special file")
    if info.flag_bits & _ENCRYPTED:
        raise BadZipFile(f"its member {info.filename!r} is encrypted")
    if info.compress_type not in {ZIP_STORED, ZIP_DEFLATED}:
        raise BadZipFile(f"its member {info.filename!r} is neither stored nor deflated")


def _check_sizes(infos: list[ZipInfo], archive_bytes: int) -> None:
    total = sum(info.file_size for info in infos)
    if total > MAX_UNPACKED_BYTES:
        raise BadZipFile(f"it unpacks to {total / 1e6:.0f} MB; the most is {MAX_UNPACKED_BYTES / 1e6:.0f} MB")
    if total > max(_ALWAYS_ALLOWED_BYTES, MAX_RATIO * archive_bytes):
        raise BadZipFile(f"it unpacks to {total // archive_bytes} times its size; the most is {MAX_RATIO} times")


def _check_folder(infos: list[ZipInfo]) -> None:
    paths = {info.filename: PurePosixPath(info.filename) for info in infos}
    folders = {path if name.endswith("/") else path.parent for name, path in paths.items()}
    if len(folders) > 1 or any(len(folder.parts) > 1 for folder in folders):
        named = ", ".join(sorted(repr(str(folder)) for folder in folders))
        raise BadZipFile(f"its files must lie at its root or in one folder, but there are {named}")


def _unpack_member(archive: ZipFile, info: ZipInfo, target: Path) -> None:
    written = 0
    with archive.open(info) as source, target.open("xb") as file:
        # Sizes are what the archive says; that the sum of them is bounded helps only if they are kept to.
        while written <= info.file_size and (chunk := source.read(_CHUNK_BYTES)):
            file.write(chunk)
            written += len(chunk)
    if written != info.file_size:
        raise BadZipFile(f"its member {info.filename!r} is not as long as it says")
