"""What processes that were killed left behind: half replaced results are put right, hidden folders removed."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from seg2vid_interface.staging.held_signals import signals_held
from seg2vid_interface.staging.hidden_folder import PREFIX, HiddenFolder
from seg2vid_interface.staging.journal import close_journal, is_open, read_journal, undo_all


def put_right(folders: Iterable[Path]) -> None:
    """Finish in folders, which need not exist, what processes that were killed left there.

    A set of which only a part may be in place is taken back, so that all is as before it, and hidden folders go.  Those
    of processes that live are left alone, and so is what is not ours, or cannot be mended: it stays for the user.
    """
    for folder in {folder.absolute() for folder in folders}:
        with suppress(OSError):  # no such folder, or not ours to read: whoever writes there says so
            for path in sorted(path for path in folder.iterdir() if path.name.startswith(PREFIX)):
                if path.is_dir() and not path.is_symlink():
                    _put_right(HiddenFolder(path))


def _put_right(folder: HiddenFolder) -> None:
    with suppress(OSError, ValueError), signals_held():
        first = folder.first_of_set()
        if first is not None and first.take_over():
            try:
                undo_and_remove(first)
            finally:
                first.let_go()
        _remove_lone(folder)


def undo_and_remove(first: HiddenFolder) -> None:
    """Undo what a set's journal says, if that is open, and remove its folders, unless they hold what was replaced.

    Raises:
        OSError: it cannot be undone; nothing is removed.
        ValueError: the journal is none of ours.
    """
    others, moves = read_journal(first)
    if is_open(first):
        if not undo_all(moves):
            return
        close_journal(first)
    for folder in (*others, first):
        folder.remove()


def _remove_lone(folder: HiddenFolder) -> None:
    """Remove a folder whose set's first is not there, if it holds nothing that was replaced.  Raises OSError."""
    if folder.is_lone() and not any(folder.old_folder.glob("*")):
        folder.remove()
    elif not any(folder.path.iterdir()):  # killed as soon as it was made
        folder.path.rmdir()
