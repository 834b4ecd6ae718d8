"""The steps by which results take their places, each of which can be undone from wherever it was cut short."""

import errno
import os
from dataclasses import dataclass
from pathlib import Path

from seg2vid_interface.staging.hidden_folder import HiddenFolder
from seg2vid_interface.staging.renames import exchange, link, take_free_name


@dataclass(frozen=True)
class Move:
    """Something takes its place beside a hidden folder, or leaves it.

    What it replaces is kept in the hidden folder.  Where the system can swap files, their places are never empty.
    """

    folder: HiddenFolder
    name: str
    """Of the place, seen from beside the hidden folder: "a.mp4", or "a.frames/000000.png"."""
    takes_away: bool = False
    """Whether what is in the place only leaves it."""
    overwrite: bool = True
    """Whether something may be replaced; not told in a journal."""

    @property
    def place(self) -> Path:
        """Where the result goes."""
        return self.folder.beside / self.name

    @property
    def new(self) -> Path:
        """Where it is until then."""
        return self.folder.new(self.name)

    @property
    def old(self) -> Path:
        """Where what it replaces goes."""
        return self.folder.old(self.name)

    def make_room(self) -> None:
        """Make the folder for what is replaced, which `do` needs.  Raises OSError."""
        self.old.parent.mkdir(parents=True, exist_ok=True)

    def in_one_step(self) -> bool:
        """Do it so that there is nothing to undo, if the system can; return whether it is done.

        Raises:
            FileExistsError: the place is taken, and not to be overwritten.
            OSError: it cannot be done; all is as it was.
        """
        if self.takes_away:
            self.make_room()
            self.place.rename(self.old)
        elif not self.overwrite:
            take_free_name(self.new, self.place)
        elif not self.new.is_dir():
            self.new.replace(self.place)
        elif os.path.lexists(self.place):
            return exchange(self.new, self.place)
        else:
            take_free_name(self.new, self.place)
        return True

    def do(self) -> None:
        """Do it in steps that `undo` can undo.  Raises what `in_one_step` raises; `undo` is to follow then."""
        if self.takes_away:
            self.place.rename(self.old)
        elif not self.overwrite:
            take_free_name(self.new, self.place)
        elif not os.path.lexists(self.place):
            self.new.rename(self.place)
        elif self.place.is_dir() and not self.new.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(self.place))
        elif not self._exchange():
            self.place.rename(self.old)
            self.new.rename(self.place)

    def _exchange(self) -> bool:
        """Let a new file swap places with what it replaces, if the system can; return whether it did.

        What is replaced has two names then, `old` and `new`, by which one can tell that this has been done.  (To rename
        a file to a name that is taken would have ext4 write its data to the disk first: milliseconds a file.)
        """
        if self.place.is_dir() or not link(self.place, self.old):
            return False
        if not exchange(self.new, self.place):
            self.old.unlink()
            return False
        return True

    def undo(self) -> bool:
        """Go back, from wherever it is; return whether nothing is left that was replaced.  Raises OSError."""
        if _are_same(self.new, self.old):
            exchange(self.new, self.place)
        elif _are_same(self.new, self.place):  # has a name too many
            self.place.unlink()
        elif not self.takes_away and not os.path.lexists(self.new) and os.path.lexists(self.place):
            self.place.rename(self.new)
        if os.path.lexists(self.old) and not os.path.lexists(self.place):
            self.old.rename(self.place)
        return not os.path.lexists(self.old) or _are_same(self.old, self.place)


def _are_same(path: Path, other: Path) -> bool:
    """Say whether two names are one file's."""
    try:
        return not path.is_dir() and os.path.samestat(path.lstat(), other.lstat())
    except FileNotFoundError:
        return False
