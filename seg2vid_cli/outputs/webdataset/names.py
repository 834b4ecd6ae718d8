"""Names of shards, and of what lies in them.

WebDataset takes for a sample's key all of a file's name up to the first dot after the last slash, and for the name of
one of its fields all that follows.
"""

import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from seg2vid_interface.errors import OutputError

FORMAT: Final = "webdataset"
"""What `--format` calls it."""
_UNPACKED = "unpacked"
_ANY = re.compile(r"(?:\d+-of-(\d+)-)?(?:\d{6,}\.tar|" + _UNPACKED + ")")
"""A shard, or a folder of unpacked clips; with how many parts there are of the inputs."""


@dataclass(frozen=True)
class ShardNames:
    """The shards of one run, or of one slice of it: 000000.tar, or 2-of-4-000000.tar."""

    folder: Path
    prefix: str = ""
    """Of what belongs to a part of the inputs, where several processes share them."""

    @property
    def unpacked(self) -> Path:
        """The folder of the clips that are in no shard yet."""
        return self.folder / f"{self.prefix}{_UNPACKED}"

    @property
    def lock(self) -> Path:
        """The file that says that a run is writing them."""
        return self.folder / f".{self.prefix}lock"

    def shard(self, number: int) -> Path:
        """Return the file of shard 0, 1, ..."""
        return self.folder / f"{self.prefix}{number:06d}.tar"

    def shards(self) -> list[Path]:
        """Return those that are there, in order."""
        pattern = re.compile(re.escape(self.prefix) + r"\d{6,}\.tar")
        if not self.folder.is_dir():
            return []
        return sorted(path for path in self.folder.iterdir() if pattern.fullmatch(path.name))

    def of_other_parts(self) -> tuple[Path, int] | None:
        """Return what lies there of runs that shared the inputs out differently, and among how many; None = nothing.

        0 stands for a run that did not share them out.  Its clips are not found where a run looks for its own.
        """
        own = _parts(self.unpacked)
        for path in sorted(self.folder.iterdir()) if self.folder.is_dir() else ():
            if (found := _parts(path)) is not None and found != own:
                return path, found
        return None

    def next_number(self) -> int:
        """Return the number after those of the shards that are there."""
        return max((int(path.stem.removeprefix(self.prefix)) for path in self.shards()), default=-1) + 1

    def member(self, path: Path) -> str:
        """Return the name in a shard of a file in `unpacked`."""
        return path.relative_to(self.unpacked).as_posix()


def _parts(path: Path) -> int | None:
    """Return among how many runs the inputs of a shard, or of what is unpacked, were shared out, 0 if they were not.

    None: it is neither.
    """
    found = _ANY.fullmatch(path.name)
    return None if found is None else int(found[1] or 0)


def key_stem(stem: str) -> str:
    """Return how a clip called so is called in a shard: dots would end the key."""
    return stem.replace(".", "_")


def split_name(member: str) -> tuple[str, str]:
    """Return the key and the field that WebDataset takes a member's name for."""
    folder, slash, name = member.rpartition("/")
    stem, _, field = name.partition(".")
    return folder + slash + stem, field


def members_in(shard: Path) -> Iterator[str]:
    """Yield the names of the files in a shard.

    Raises:
        OutputError: the file cannot be read, or is no tar.
    """
    try:
        with tarfile.open(shard, "r:") as archive:
            for entry in archive:
                yield entry.name
    except (OSError, tarfile.TarError) as error:
        raise OutputError(f"{shard}: cannot be read: {error}", "Remove it, and its clips are made again.") from error
