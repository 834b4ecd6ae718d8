"""What a set of moves does, on disk while it is done, so that the next run can undo it if this one is killed.

Whoever finds a journal undoes all of it: only where it is gone, or has become `done.json`, all results are in place.
Names in it lead nowhere but beside hidden folders of the set, as a journal may be a stranger's.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, TypeVar

from seg2vid_interface.documents import parse_json, read_document
from seg2vid_interface.staging.hidden_folder import HiddenFolder, relative_path
from seg2vid_interface.staging.moves import Move

_OPEN, _DONE = "journal.json", "done.json"
_PUT: Final = "put"
_TAKEN_AWAY: Final = "taken away"
_Value = TypeVar("_Value")


def open_journal(first: HiddenFolder, moves: Iterable[Move]) -> None:
    """Write what is to be done into the set's first folder.  Raises OSError."""
    folders: dict[str, dict[str, list[str]]] = {}
    for move in moves:
        move.make_room()
        names = folders.setdefault(relative_path(move.folder.beside, first.beside), {_PUT: [], _TAKEN_AWAY: []})
        names[_TAKEN_AWAY if move.takes_away else _PUT].append(move.name)
    unfinished = first.path / f"{_OPEN}.new"
    unfinished.write_text(json.dumps(folders), encoding="utf-8")
    unfinished.replace(first.path / _OPEN)


def close_journal(first: HiddenFolder) -> None:
    """Say that there is nothing to undo any more.  Raises OSError."""
    (first.path / _OPEN).replace(first.path / _DONE)


def is_open(first: HiddenFolder) -> bool:
    """Say whether something is to be undone."""
    return (first.path / _OPEN).is_file()


def read_journal(first: HiddenFolder) -> tuple[list[HiddenFolder], list[Move]]:
    """Return a set's other folders that are there, and all its moves; nothing where there is no journal.

    Raises:
        OSError: it cannot be read.
        ValueError: it is none of ours.
    """
    path = next((path for path in (first.path / _OPEN, first.path / _DONE) if path.is_file()), None)
    if path is None:
        return [], []
    if path.is_symlink():
        raise ValueError("a link")
    others, moves = list[HiddenFolder](), list[Move]()
    for beside, names in _typed(parse_json(read_document(path)), dict).items():
        folder = HiddenFolder(first.beside / beside / first.path.name)
        if not folder.path.is_dir():
            continue
        if folder.path.samefile(first.path):
            folder = first
        elif folder.is_of(first):
            others.append(folder)
        elif path.name == _DONE:  # almost removed already
            continue
        else:
            raise ValueError("leads elsewhere")
        listed = _typed(names, dict)
        for kind in (_PUT, _TAKEN_AWAY):
            for name in _typed(listed.get(kind), list):
                moves.append(Move(folder, _checked(name, folder), takes_away=kind == _TAKEN_AWAY))
    return others, moves


def undo_all(moves: Sequence[Move]) -> bool:
    """Undo moves, the last first; return whether nothing is left that was replaced.  Raises OSError."""
    undone = [move.undo() for move in reversed(moves)]
    return all(undone)


def _checked(name: object, folder: HiddenFolder) -> str:
    """Return a name that leads from where a hidden folder lies to no more than a folder there; else ValueError."""
    name = _typed(name, str)
    parts = Path(name).parts
    if not 0 < len(parts) <= 2 or ".." in parts or Path(name).is_absolute():
        raise ValueError("leads elsewhere")
    ways = [folder.new("."), folder.old(".")]
    if len(parts) == 2:
        ways += [folder.new(parts[0]), folder.old(parts[0]), folder.beside / parts[0]]
    if any(path.is_symlink() for path in ways):
        raise ValueError("leads elsewhere")
    return name


def _typed(value: object, kind: type[_Value]) -> _Value:
    if not isinstance(value, kind):
        raise ValueError(f"no {kind.__name__}")
    return value
