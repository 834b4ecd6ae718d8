"""Finds label maps in folders and by patterns, where the command line names these instead of files."""

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from seg2vid_cli.inputs.data_set_names import label_folders, label_pictures
from seg2vid_cli.inputs.pictures.matching import SUFFIXES
from seg2vid_interface.errors import LabelMapError, UsageError

ENDINGS = (".png", ".bmp", ".pgm", ".ppm", ".pnm", ".tif", ".tiff")
"""What is taken for a label map in a folder."""
_LOSSY_OR_MOVING = (*(ending for ending in SUFFIXES if ending not in ENDINGS), ".gif")
"""Pictures that are label maps only where a pattern names the ending."""
_MAGIC = re.compile(r"[*?[]")
_LISTED = 4


@dataclass(frozen=True)
class FoundMaps:
    """What was found."""

    paths: tuple[Path, ...]
    """In the order in which they were named; what one folder or pattern gave is sorted."""
    places: Mapping[Path, Path]
    """Of those that a folder or pattern gave: the folder each lies in, as seen from the one that was named.

    Where several folders were named, as seen from the folder that holds them all.
    """
    messages: tuple[str, ...]
    """What was found and what was left out, for the user."""


def find_label_maps(paths: Sequence[Path]) -> list[Path]:
    """Return `search_label_maps(paths).paths`; raises what it raises."""
    return list(search_label_maps(paths).paths)


def search_label_maps(named: Sequence[Path], results: Path | None = None) -> FoundMaps:
    """Find the label maps in folders, however deep, and by patterns (*, ?, [...] and ** as in a shell).

    Hidden files and folders are left out, and what data sets lay beside label maps (see `data_set_names`).  Folders
    that are links are followed, each folder once.  What is neither a folder nor a pattern is taken as it is, be it
    there or not.

    Args:
        named: files, folders and patterns.
        results: a folder that is not searched, for results go there.

    Raises:
        LabelMapError: nothing is found in one of them, or a folder cannot be read.
        UsageError: a pattern is malformed.
    """
    searches = [_searched(path, results) for path in named]
    base = _common_folder([search.root for search in searches if search.root is not None])
    named_files = [path for search in searches if search.root is None for path in search.found]
    seen = {os.path.abspath(path) for path in named_files}  # noqa: PTH100  # many, and texts take less room
    paths: list[Path] = []
    places: dict[Path, Path] = {}
    for search in searches:
        if search.root is None:
            paths += search.found
            continue
        found = search.found if len(searches) == 1 else _unseen(search.found, seen)
        paths += found
        places |= zip(found, _places(found, search.root, base), strict=True)
    return FoundMaps(tuple(paths), places, tuple(message for search in searches for message in search.messages()))


def _unseen(paths: Sequence[Path], seen: set[str]) -> list[Path]:
    """Return the paths that are not among `seen`, which grows by them."""
    unseen = []
    for path in paths:
        if (absolute := os.path.abspath(path)) not in seen:  # noqa: PTH100  # many, and texts take less room
            seen.add(absolute)
            unseen.append(path)
    return unseen


def _places(paths: Sequence[Path], root: Path, base: Path | None) -> Iterator[Path]:
    """Yield the folders that paths lie in, as seen from `base`; files of one folder share one."""
    below, places = _below(base, root), dict[str, Path]()
    for path in paths:
        folder = os.path.dirname(path)  # noqa: PTH120  # many, and texts take less time
        if folder not in places:
            places[folder] = below / path.parent.relative_to(root)
        yield places[folder]


@dataclass
class _Search:
    """What one name gave."""

    named: Path
    root: Path | None = None
    """The folder that places are seen from; None for a file."""
    found: list[Path] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    def messages(self) -> list[str]:
        return [] if self.root is None else [f"{self.named}: {_counted(len(self.found), 'label map')}{self._rest()}"]

    def require_some(self) -> None:
        if self.found:
            return
        what = "no label maps in it" if self.named == self.root else "matches no label map"
        raise LabelMapError(f"{self.named}: {what}{self._rest()}", f"Label maps end in {', '.join(ENDINGS)}.")

    def add(self, pictures: Sequence[Path]) -> None:
        taken, left_out = label_pictures(pictures)
        self.found += taken
        self.left_out.update(f"*{name}" for name in left_out)

    def _rest(self) -> str:
        if not self.left_out:
            return ""
        names = sorted(self.left_out, key=lambda name: (-self.left_out[name], name))
        more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
        return f"; left out {', '.join(f'{self.left_out[name]} {name}' for name in names[:_LISTED])}{more}"


def _searched(named: Path, results: Path | None) -> _Search:
    if named.is_dir():
        search = _Search(named, named)
        _search_folder(search, named, results)
    elif _MAGIC.search(str(named)) and not os.path.lexists(named):
        search = _search_pattern(named, results)
    else:
        return _Search(named, found=[named])
    search.found = sorted(set(search.found), key=_sorted_as)
    search.require_some()
    return search


def _sorted_as(path: Path) -> list[str]:
    """Return what orders paths as they compare, and is faster when there are many."""
    return os.path.normcase(path).split(os.sep)  # noqa: PTH206  # many, whose parts would be kept


def _search_folder(search: _Search, folder: Path, results: Path | None) -> None:
    for pictures, left_out_folders in _walk(folder, None if results is None else _real(results)):
        search.left_out.update(f"{name}/" for name in left_out_folders)
        search.left_out.update(f"*{path.suffix.lower()}" for path in pictures if path.suffix.lower() not in ENDINGS)
        search.add([path for path in pictures if path.suffix.lower() in ENDINGS])


def _walk(folder: Path, results: Path | None) -> Iterator[tuple[list[Path], list[str]]]:
    """Yield every folder's pictures, and which of its subfolders are left out for their names."""
    top = _real(folder)
    seen = {results} - {top}
    waiting, links = [folder], list[Path]()
    while waiting or links:
        here = (waiting or links).pop()  # links last, so that what is there without them keeps its own name
        if _real(here) in seen:
            continue
        seen.add(_real(here))
        folders, pictures = _entries(here)
        stems = frozenset(path.stem for path in pictures)
        names, left_out = label_folders((path.name for path in folders), stems, holds_results=results == top)
        yield pictures, left_out
        for path in [path for path in folders if path.name in names]:
            (links if path.is_symlink() else waiting).append(path)


def _entries(folder: Path) -> tuple[list[Path], list[Path]]:
    """Return the folders and the pictures in a folder, hidden ones left out; a broken link counts as what it says."""
    folders, pictures = [], []
    try:
        with os.scandir(folder) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                if entry.name.startswith("."):
                    continue
                if entry.is_dir():
                    folders.append(Path(entry.path))
                elif _is_picture(path := Path(entry.path)):
                    pictures.append(path)
    except OSError as error:
        raise LabelMapError(f"{folder}: cannot be read: {error.strerror}") from None
    return folders, pictures


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in (*ENDINGS, *_LOSSY_OR_MOVING)


def _search_pattern(pattern: Path, results: Path | None) -> _Search:
    parts = pattern.parts
    first = next(index for index, part in enumerate(parts) if _MAGIC.search(part))
    root = Path(*parts[:first])
    search = _Search(pattern, root)
    by_folder: dict[Path, list[Path]] = {}
    searched: list[Path] = []
    for path in _matches(pattern, root, Path(*parts[first:])):  # a folder comes before what is in it
        if path.is_dir():
            if not any(path.is_relative_to(folder) for folder in searched):
                searched.append(path)
                _search_folder(search, path, results)
        elif _is_picture(path) and path.suffix.lower() in (*ENDINGS, pattern.suffix.lower()):
            by_folder.setdefault(path.parent, []).append(path)
    for pictures in by_folder.values():
        search.add(pictures)
    return search


def _matches(pattern: Path, root: Path, rest: Path) -> list[Path]:
    """Return what the pattern, `rest` below `root`, names; what is hidden only if the pattern says the dot."""
    try:
        matches = sorted(root.glob(str(rest)))
    except (ValueError, OSError) as error:
        raise UsageError(f"{pattern}: {error}", "A pattern has *, ?, [...] or a whole ** between slashes.") from None
    if any(part.startswith(".") for part in rest.parts):
        return matches
    return [path for path in matches if not any(part.startswith(".") for part in path.relative_to(root).parts)]


def _common_folder(roots: Sequence[Path]) -> Path | None:
    """Return the folder that holds all of them, resolved; None if there is none, as on several drives."""
    try:
        return Path(os.path.commonpath([_real(root) for root in roots]))
    except ValueError:
        return None


def _below(base: Path | None, root: Path) -> Path:
    return Path() if base is None else _real(root).relative_to(base)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _real(path: Path) -> Path:
    """Return the path without links; `Path.resolve` fails at links in a circle."""
    return Path(os.path.realpath(path))
