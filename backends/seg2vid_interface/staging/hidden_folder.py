"""A hidden folder beside results that are being written, and whether the process that made it still lives.

    .seg2vid-1f2e3d4c/
        lock            held by the owner; the system gives it back when the owner dies, however that happens
        new/            what will be put in place, by its name
        old/            what it replaced, until all of the set is in place
        scratch/        what is no result
        journal.json    while a set is put in place: what goes where (`journal`)
        done.json       the journal, once nothing is to be put right any more

Results that lie in several folders have one such folder, of the same name, in each; all but the first have no lock and
no journal but `set`, which says where the first one lies.
"""

import os
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from seg2vid_interface.documents import read_document
from seg2vid_interface.staging.locks import take_lock

if TYPE_CHECKING:
    from filelock import BaseFileLock

PREFIX: Final = ".seg2vid-"
_LOCK, _SET, _NEW, _OLD, _SCRATCH = "lock", "set", "new", "old", "scratch"
_TRIES: Final = 20
_PAUSE: Final = 0.05
"""Seconds; another run that took a folder without a lock for a dead one's has removed it by then."""


@dataclass
class HiddenFolder:
    """One of them; that it is there is not said."""

    path: Path
    _lock: "BaseFileLock | None" = field(default=None, compare=False)

    @property
    def beside(self) -> Path:
        """The folder that it lies in."""
        return self.path.parent

    @property
    def scratch(self) -> Path:
        """The folder for what is no result, if it is made."""
        return self.path / _SCRATCH

    @property
    def old_folder(self) -> Path:
        """The folder of what was replaced, if it is made."""
        return self.path / _OLD

    def new(self, name: str) -> Path:
        """Return where the result of this name is written."""
        return self.path / _NEW / name

    def old(self, name: str) -> Path:
        """Return where what it replaces goes."""
        return self.old_folder / name

    def make(self, first: Self) -> None:
        """Make it, of the set whose first folder is `first`, and take the lock if that is this one; harmless twice.

        Raises OSError.
        """
        for left in reversed(range(_TRIES)):
            try:
                self.path.mkdir(exist_ok=True)
                if self is first:
                    self._lock = self._lock or take_lock(self.path / _LOCK)
                else:
                    (self.path / _SET).write_text(relative_path(first.beside, self.beside), encoding="utf-8")
                (self.path / _NEW).mkdir(exist_ok=True)
            except (FileNotFoundError, TimeoutError):
                if not left or not self.beside.is_dir():
                    raise
                time.sleep(_PAUSE)
            else:
                return

    def first_of_set(self) -> Self | None:
        """Return the set's first folder, if it is there: this one where it has a lock; None for none of ours."""
        if _is_own_file(self.path / _LOCK):
            return self
        if not _is_own_file(self.path / _SET):
            return None
        first = self.beside / read_document(self.path / _SET) / self.path.name
        return type(self)(first) if _is_own_file(first / _LOCK) else None

    def is_lone(self) -> bool:
        """Say whether it is of a set whose first folder is not there."""
        return _is_own_file(self.path / _SET) and self.first_of_set() is None

    def is_of(self, first: Self) -> bool:
        """Say whether this is a folder of a set."""
        found = self.first_of_set()
        return found is not None and found.path.samefile(first.path)

    def take_over(self) -> bool:
        """Take the lock of a dead owner; return whether it is one.  Raises OSError.

        Where there are no locks, what a killed process leaves is left for its user.
        """
        try:
            self._lock = take_lock(self.path / _LOCK)
        except TimeoutError:
            return False
        return self._lock is not None

    def remove(self) -> None:
        """Remove all of it and give the lock back; harmless twice.

        What says whose it is goes last, so that another run finishes what is cut short here.
        """
        with suppress(OSError):
            for path in [path for path in self.path.iterdir() if path.name not in (_LOCK, _SET)]:
                _remove(path)
        shutil.rmtree(self.path, ignore_errors=True)
        self.let_go()
        shutil.rmtree(self.path, ignore_errors=True)  # Windows removes no file that is held

    def let_go(self) -> None:
        """Give the lock back; harmless twice."""
        if self._lock is not None:
            with suppress(OSError):
                self._lock.release()
            self._lock = None


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink()


def _is_own_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def relative_path(folder: Path, start: Path) -> str:
    """Return a path that holds in whatever place both are seen; absolute on another drive."""
    try:
        return os.path.relpath(os.path.realpath(folder), os.path.realpath(start))
    except ValueError:
        return str(folder.absolute())
