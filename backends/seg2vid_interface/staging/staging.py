"""Results that take their names together, or not at all."""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Literal

from seg2vid_interface.errors import OutputError
from seg2vid_interface.staging.held_signals import signals_held
from seg2vid_interface.staging.hidden_folder import PREFIX, HiddenFolder
from seg2vid_interface.staging.journal import close_journal, is_open, open_journal, undo_all
from seg2vid_interface.staging.leftovers import undo_and_remove
from seg2vid_interface.staging.moves import Move

_Kind = Literal["file", "folder", "whole folder", "taken away"]


def existing_results_error(paths: list[Path], flag: str = "-o") -> OutputError:
    """Return the error for results that are there already, the first of them named by `flag`."""
    others = f" (and {len(paths) - 1} more of this run's results)" if len(paths) > 1 else ""
    return OutputError(f"{paths[0]}: exists already{others}", f"Replace it with --overwrite, or choose another {flag}.")


class Staging:
    """Gathers new files in hidden folders beside their targets and gives all of them their names on `commit`.

    Whatever interrupts it, `discard` leaves the targets' folders as they were.  Only a killed process leaves its
    hidden folders behind, and perhaps a part of its results; `put_right` undoes these and removes those.
    """

    def __init__(self, *, overwrite: bool, new_folder: Path | None = None) -> None:
        """Touch nothing yet.

        `new_folder` is made when the first file needs it, with the parents that it lacks; what stays empty of them is
        removed again.
        """
        self._overwrite = overwrite
        self._new_folder = new_folder
        self._new_folders = [] if new_folder is None else _missing_folders(new_folder)
        # Chosen before it is made: an interrupt right after mkdir cannot leave a folder that `discard` does not know.
        self._name = f"{PREFIX}{secrets.token_hex(6)}"
        self._folders: dict[Path, HiddenFolder] = {}
        self._targets: dict[Path, _Kind] = {}
        self._committed = False

    def add_file(self, target: Path) -> Path:
        """Return where to write the file that will be `target`.  Raises OSError."""
        return self._add(target, "file")

    def add_folder(self, target: Path, *, whole: bool = False) -> Path:
        """Return where to make the folder that will be `target`.  Raises OSError.

        Where a folder has that name already, the new files take their places in it one by one, unless it is to be
        replaced as a `whole`.
        """
        return self._add(target, "whole folder" if whole else "folder")

    def take_away(self, target: Path) -> None:
        """Have what is there, perhaps in a folder that was added, removed when the others take their names.

        Raises OSError.
        """
        self._add(target, "taken away")

    def scratch(self, beside: Path) -> Path:
        """Return a new folder in a folder, for what is no result and goes with this.  Raises OSError."""
        folder = self._folder(beside).scratch
        folder.mkdir(exist_ok=True)
        return folder

    def commit(self) -> None:
        """Give everything its name; in a folder that exists, only files of equal name are replaced.

        What was added first gets its name last: where it is, all is.  Signals wait until all is done, or undone.

        Raises:
            OSError: a name cannot be given; all is as it was before.
            OutputError: a target exists and is not to be replaced; nothing has changed.
        """
        with signals_held():
            moves = self._moves()
            _check_free(moves)
            try:
                if len(moves) != 1 or not moves[0].in_one_step():
                    self._do(moves)
            except OSError:
                _check_free(moves)  # what came between is why this failed
                raise
            self._committed = True
            self._remove()

    @property
    def is_committed(self) -> bool:
        """Whether everything has its name."""
        return self._committed

    def discard(self) -> None:
        """Remove what was not committed; harmless twice."""
        with signals_held():
            self._remove()
            if not self._committed:
                for folder in self._new_folders:
                    _remove_if_empty(folder)

    def _add(self, target: Path, kind: _Kind) -> Path:
        self._targets[target] = kind
        beside = self._beside(target)
        try:
            return self._made(beside).new(target.name)
        except FileNotFoundError:
            if beside != self._new_folder:
                raise
            return self._made(beside).new(target.name)  # another clip that came to nothing had taken it along

    def _made(self, beside: Path) -> HiddenFolder:
        if beside == self._new_folder:
            beside.mkdir(parents=True, exist_ok=True)
        return self._folder(beside)

    def _beside(self, target: Path) -> Path:
        """Return the folder that the hidden folder of a target lies in."""
        return target.parent.parent if target.parent in self._targets else target.parent

    def _folder(self, beside: Path) -> HiddenFolder:
        folder = self._folders.setdefault(beside.absolute(), HiddenFolder(beside / self._name))
        folder.make(self._first)
        return folder

    @property
    def _first(self) -> HiddenFolder:
        return next(iter(self._folders.values()))

    def _moves(self) -> list[Move]:
        """Return what is to be done, in this order."""
        moves: list[Move] = []
        for target, kind in reversed(self._targets.items()):
            beside = self._beside(target)
            folder, name = self._folders[beside.absolute()], target.relative_to(beside).as_posix()
            if kind == "taken away":
                moves.insert(0, Move(folder, name, takes_away=True))
            elif kind != "folder":
                moves.append(Move(folder, name, overwrite=self._overwrite))
            elif not target.is_dir():
                moves.append(Move(folder, name, overwrite=False))  # should a folder come between, it is left alone
            else:
                names = sorted((path.name for path in folder.new(name).iterdir()), reverse=True)
                moves += [Move(folder, f"{name}/{file}", overwrite=self._overwrite) for file in names]
        return moves

    def _do(self, moves: list[Move]) -> None:
        """Do all of it or nothing.  Raises OSError."""
        if not moves:
            return
        open_journal(self._first, moves)
        try:
            for move in moves:
                move.do()
            close_journal(self._first)
        except BaseException:
            if undo_all(moves) and is_open(self._first):
                close_journal(self._first)
            raise

    def _remove(self) -> None:
        """Remove the hidden folders, unless they hold what could not be put back: that is left for another run."""
        if not self._folders:
            return
        with suppress(OSError):  # told before
            if is_open(self._first):
                undo_and_remove(self._first)
        if not is_open(self._first):
            for folder in reversed(self._folders.values()):
                folder.remove()
        self._first.let_go()


def _check_free(moves: list[Move]) -> None:
    existing = [move.place for move in moves if not move.overwrite and os.path.lexists(move.place)]
    if existing:
        raise existing_results_error(existing[::-1])


def _missing_folders(folder: Path) -> list[Path]:
    """Return the folders that `folder` lacks, itself included, innermost first."""
    return [path for path in (folder, *folder.parents) if not os.path.lexists(path)]


def _remove_if_empty(folder: Path) -> None:
    # Another clip of this run may be there, or about to be.
    with suppress(OSError):
        folder.rmdir()
