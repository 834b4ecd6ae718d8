"""Results that take their names together, or not at all."""

import os
import secrets
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from seg2vid_cli.files.numbered_files import numbered_files
from seg2vid_interface.errors import OutputError


def existing_results_error(paths: list[Path], flag: str = "-o") -> OutputError:
    """Return the error for results that are there already, the first of them named by `flag`."""
    others = f" (and {len(paths) - 1} more of this run's results)" if len(paths) > 1 else ""
    return OutputError(f"{paths[0]}: exists already{others}", f"Replace it with --overwrite, or choose another {flag}.")


class Staging:
    """Gathers new files in a hidden folder beside their targets and gives all of them their names on `commit`.

    Whatever interrupts it, `discard` leaves the targets' folders as they were.  Only a killed process leaves its
    `.seg2vid-*` folder behind.
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
        self._folder_name = f".seg2vid-{os.getpid()}-{secrets.token_hex(4)}"
        self._targets: dict[Path, str | None] = {}
        self._committed = False

    def add_file(self, target: Path) -> Path:
        """Return where to write the file that will be `target`.  Raises OSError."""
        return self._add(target, None)

    def add_folder(self, target: Path, ending: str) -> Path:
        """Return where to make the folder that will be `target`, of numbered files with `ending`.  Raises OSError."""
        return self._add(target, ending)

    def commit(self) -> None:
        """Give every file its name; in a folder that exists, only files of equal name are replaced.

        What was added first gets its name last: where it is, all is, even if the process was killed.

        Raises:
            OSError: a name cannot be given; all is as it was before.
            OutputError: a target exists and is not to be replaced; nothing has changed.
        """
        renames = [rename for target, ending in self._targets.items() for rename in self._renames(target, ending)]
        _check_free(renames)
        try:
            for rename in reversed(renames):
                rename.apply()
        except BaseException as error:
            for rename in renames:
                rename.undo()
            if isinstance(error, OSError):
                _check_free(renames)  # what came between is why this failed
            raise
        self._committed = True
        self.discard()

    def discard(self) -> None:
        """Remove what was not committed; harmless twice."""
        for folder in {target.parent for target in self._targets}:
            shutil.rmtree(folder / self._folder_name, ignore_errors=True)
        if not self._committed:
            for folder in self._new_folders:
                _remove_if_empty(folder)

    def _add(self, target: Path, ending: str | None) -> Path:
        self._targets[target] = ending
        if target.parent == self._new_folder:
            target.parent.mkdir(parents=True, exist_ok=True)
        staged, backup = self._staged(target), self._backup(target)
        for folder in (staged.parent.parent, staged.parent, backup.parent):
            folder.mkdir(exist_ok=True)
        return staged

    def _staged(self, target: Path) -> Path:
        return target.parent / self._folder_name / "new" / target.name

    def _backup(self, target: Path) -> Path:
        return target.parent / self._folder_name / "replaced" / target.name

    def _renames(self, target: Path, ending: str | None) -> list["_Rename"]:
        staged, backup = self._staged(target), self._backup(target)
        if ending is None:
            return [_Rename(staged, target, backup, self._overwrite)]
        if not target.is_dir():
            return [_Rename(staged, target, backup, overwrite=False)]  # should a folder come between, it is left alone
        backup.mkdir(exist_ok=True)
        names = [path.name for path in numbered_files(staged, ending)]
        return [_Rename(staged / name, target / name, backup / name, self._overwrite) for name in names]


@dataclass(frozen=True)
class _Rename:
    """`staged` takes the name `target`; what has that name goes to `backup`, or if it may not be replaced, stays."""

    staged: Path
    target: Path
    backup: Path
    overwrite: bool

    def apply(self) -> None:
        if not self.overwrite:
            _take_free_name(self.staged, self.target)
            return
        if os.path.lexists(self.target):
            self.target.rename(self.backup)
        self.staged.rename(self.target)

    def undo(self) -> None:
        """Go back from wherever `apply` was interrupted, if it was begun at all."""
        if not os.path.lexists(self.staged):
            self.target.rename(self.staged)
        elif not self.overwrite and self.target.exists() and self.target.samefile(self.staged):
            self.target.unlink()
        if os.path.lexists(self.backup):
            self.backup.rename(self.target)


def _check_free(renames: list[_Rename]) -> None:
    existing = [rename.target for rename in renames if not rename.overwrite and os.path.lexists(rename.target)]
    if existing:
        raise existing_results_error(existing)


def _take_free_name(staged: Path, target: Path) -> None:
    """Rename `staged` to `target`, unless that name was taken meanwhile, which `Path.rename` would not mind.

    Raises OSError.
    """
    if staged.is_dir():  # cannot be linked, and takes the place of no more than an empty folder
        staged.rename(target)
        return
    try:
        target.hardlink_to(staged)
    except FileExistsError:
        raise
    except OSError:  # FAT and some network file systems have no links
        _claim_name(staged, target)
    else:
        staged.unlink()


def _claim_name(staged: Path, target: Path) -> None:
    """Rename `staged` to `target` in two steps: an empty file takes the name, if it is free, and is then replaced."""
    try:
        target.touch(exist_ok=False)
        staged.replace(target)
    except FileExistsError:
        raise
    except BaseException:
        if os.path.lexists(staged):
            target.unlink(missing_ok=True)
        raise


def _missing_folders(folder: Path) -> list[Path]:
    """Return the folders that `folder` lacks, itself included, innermost first."""
    return [path for path in (folder, *folder.parents) if not os.path.lexists(path)]


def _remove_if_empty(folder: Path) -> None:
    # Another clip of this run may be there, or about to be.
    with suppress(OSError):
        folder.rmdir()
