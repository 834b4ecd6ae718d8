"""Packing finished clips into shards: tar files that are whole from the moment they have their name.

A clip's files wait in the folder `unpacked` for those that will lie in the same shard.  A run that is stopped leaves
them there, and the next one begins with them.
"""

import os
import tarfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from seg2vid_cli.outputs.webdataset.names import ShardNames
from seg2vid_interface.errors import OutputError
from seg2vid_interface.staging.staging import Staging

SHARD_BYTES: Final = 10**9
"""A shard is closed when it has come to so many bytes."""


class ShardPacker:
    """Packs clips in the order in which they are given.

    Where a clip is given, all of its files are; they are gone when the shard that holds them is closed.
    """

    def __init__(self, names: ShardNames, *, first: int, clips: int | None, size: int = SHARD_BYTES) -> None:
        """Write nothing yet.

        Args:
            names: of the shards and what will lie in them.
            first: number of the first shard.
            clips: the most that a shard holds; None = any number.
            size: bytes after which it is closed.
        """
        self._names, self._number, self._clips, self._size = names, first, clips, size
        self._waiting: list[Path] = []
        self._count = self._bytes = 0

    @property
    def shard(self) -> Path:
        """The file that the next clip will lie in."""
        return self._names.shard(self._number)

    def add(self, files: Sequence[Path]) -> Path | None:
        """Take a finished clip; return the shard that it closes, if it does.

        Raises:
            OutputError: the shard cannot be written; the clips stay unpacked.
        """
        self._waiting += files
        self._count += 1
        self._bytes += sum(path.stat().st_size for path in files)
        return self.close() if self._bytes >= self._size or self._count == self._clips else None

    def close(self) -> Path | None:
        """Close the shard that is not full yet; return it, None if there is none.  Raises what `add` raises."""
        if not self._waiting:
            return None
        shard = self.shard
        try:
            self._write(shard)
            for path in reversed(self._waiting):  # the clip itself the last: what lies beside one is known for its
                path.unlink()
        except OSError as error:
            raise OutputError(
                f"{shard}: cannot be written: {error.strerror or error}",
                f"Its clips are left in {self._names.unpacked}: make room, and go on with --skip-existing.",
            ) from error
        self._waiting.clear()
        self._count = self._bytes = 0
        self._number += 1
        return shard

    def finish(self) -> Path | None:
        """Close the last shard, and remove the folder of clips that lie in none; see `close`."""
        shard = self.close()
        _remove_empty_folders(self._names.unpacked)
        return shard

    def _write(self, shard: Path) -> None:
        staging = Staging(overwrite=False)
        try:
            with tarfile.open(staging.add_file(shard), "w", format=tarfile.PAX_FORMAT) as archive:
                for path in self._waiting:
                    archive.add(path, self._names.member(path), filter=_without_circumstances)
            staging.commit()
        finally:
            staging.discard()


def _without_circumstances(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """Take away who wrote a file and when: the same clips are to give the same bytes."""
    entry.mtime = entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mode = 0o644
    return entry


def _remove_empty_folders(top: Path) -> None:
    """Remove the folders in a folder that hold nothing, and itself, if it then holds nothing either."""
    for folder, _, _ in os.walk(top, topdown=False):
        with suppress(OSError):  # it is not empty, or was filled just now
            Path(folder).rmdir()
