"""Says what is wrong with a root that does not look like one: mostly it is one level too high or too low."""

from collections.abc import Iterable
from pathlib import Path

from seg2vid_interface.errors import DatasetError
from seg2vid_torch.data.datasets.frames import Layout, Split, folders_of

_SPLITS: tuple[Split, ...] = ("train", "val")
_LEVELS = ("one level", "two levels", "three levels")
ANYWHERE = "video"
"""The layout that fits any folder above some videos, and therefore says little."""
_TRIED = 200
"""Folders in a root that are looked into."""


def misplaced(root: Path, layout: Layout, layouts: Iterable[Layout]) -> DatasetError:
    """Return the error for a folder that is no root of a layout."""
    others = [other.name for other in layouts if other.name != layout.name and other.fits(root)]
    if others and others != [ANYWHERE]:
        return DatasetError(f"{root}: no data set of the layout {layout.name}", f"It may be --dataset {others[0]}.")
    for child in folders_of(root)[:_TRIED]:
        if layout.fits(child):
            return DatasetError(f"{root}: one level too high for --dataset {layout.name}", f"Name {child}.")
    for level, parent in zip(_LEVELS, root.absolute().parents, strict=False):
        if layout.fits(parent) and _uses(layout, parent, root.absolute()):
            return DatasetError(f"{root}: {level} too low for --dataset {layout.name}", f"Name {parent}.")
    hint = f"It may be --dataset {ANYWHERE}." if others else layout.expected
    return DatasetError(f"{root}: no data set of the layout {layout.name}", hint)


def _uses(layout: Layout, parent: Path, folder: Path) -> bool:
    """Tell whether a data set at `parent` has files in `folder`, which may only happen to lie there."""
    for split in _SPLITS:
        try:
            clips = layout.find(parent, split, labelled=False).clips if layout.has(parent, split) else ()
        except DatasetError:
            continue
        if any(file.is_relative_to(folder) for clip in clips for file in clip.files):
            return True
    return False
