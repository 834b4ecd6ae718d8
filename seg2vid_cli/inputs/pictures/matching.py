"""Finds, in a folder, the pictures that belong to a set of label maps: by their stems."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from seg2vid_interface.errors import ImageError

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
_LISTED = 3

StemsOf = Callable[[Path], Sequence[str]]
"""Label map -> the stems that a picture of it may have."""


def cityscapes_stem(label_map: Path, ending: str) -> str | None:
    """Return what Cityscapes names the file with this ending beside x_gtFine_labelIds; None for other names."""
    stem, found = re.subn(r"_(gtFine|gtCoarse)_[A-Za-z]+$", ending, label_map.stem)
    return stem if found else None


def match_pictures(folder: Path, label_maps: Sequence[Path], what: str, stems_of: StemsOf) -> list[Path]:
    """Return the picture in `folder` for each label map; `what` = what the pictures are, for messages.

    Raises:
        ImageError: `folder` is no folder, or label maps have no picture or several.
    """
    pictures = _pictures_by_stem(folder)
    matches = [[path for stem in stems_of(label_map) for path in pictures.get(stem, [])] for label_map in label_maps]
    missing = [label_map.stem for label_map, found in zip(label_maps, matches, strict=True) if not found]
    if missing:
        raise ImageError(
            f"{folder}: no {what} for {_listing(missing)}",
            f"Name each picture like its label map, ending in {', '.join(SUFFIXES)}.",
        )
    ambiguous = [" and ".join(path.name for path in found) for found in matches if len(found) > 1]
    if ambiguous:
        raise ImageError(
            f"{folder}: several {what}s for one label map: {_listing(ambiguous)}", "Leave one picture of each."
        )
    return [found[0] for found in matches]


def _pictures_by_stem(folder: Path) -> dict[str, list[Path]]:
    try:
        files = sorted(folder.iterdir())
    except OSError as error:
        raise ImageError(f"{folder}: not a folder that can be read: {error.strerror}") from None
    pictures: dict[str, list[Path]] = {}
    for path in files:
        if path.suffix.lower() in SUFFIXES and path.is_file():
            pictures.setdefault(path.stem, []).append(path)
    return pictures


def _listing(names: Sequence[str]) -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more
