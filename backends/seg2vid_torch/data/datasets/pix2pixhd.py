"""Data sets as pix2pixHD takes them, https://github.com/NVIDIA/pix2pixHD: stills and their label maps.

    <root>/train_img/*, <root>/train_label/*, <root>/train_inst/*       likewise val_... or test_... for validation

A picture and its maps have names that differ in their endings alone (x_leftImg8bit.png, x_gtFine_labelIds.png), or not
at all; where no name fits another, the files go together in the order of their names, as they do in pix2pixHD.  Maps of
instances are counted and not read: edges are those of the label map's regions.
"""

import re
from pathlib import Path

from seg2vid_interface.errors import DatasetError
from seg2vid_torch.data.datasets.frames import Found, Frame, PictureClip, Split, pictures_of

_ENDING = re.compile(r"_(leftImg8bit|gtFine_(labelIds|instanceIds|labelTrainIds)|img|image|label|labels|inst)$", re.I)
_PHASES: dict[Split, tuple[str, ...]] = {"train": ("train",), "val": ("val", "test")}


class Pix2PixHDLayout:
    """Finds stills of pix2pixHD's layout, each a clip of its own; see `frames.Layout`."""

    name = "pix2pixhd"
    expected = "A pix2pixHD root holds train_img, train_label and perhaps train_inst."

    def fits(self, root: Path) -> bool:
        """Tell whether there are pictures to train on; see `Layout.fits`."""
        return (root / "train_img").is_dir()

    def has(self, root: Path, split: Split) -> bool:
        """Tell whether the split's pictures are there."""
        return any((root / f"{phase}_img").is_dir() for phase in _PHASES[split])

    def has_labels(self, root: Path) -> bool:
        """Tell whether the folder of label maps is there."""
        return (root / "train_label").is_dir()

    def find(self, root: Path, split: Split, *, labelled: bool) -> Found:
        """Return a split's stills; see `Layout.find`."""
        phase = next((phase for phase in _PHASES[split] if (root / f"{phase}_img").is_dir()), split)
        pictures = _files(root / f"{phase}_img", self.expected)
        maps: dict[Path, Path] = {}
        if labelled:
            maps = _partners(pictures, _files(root / f"{phase}_label", self.expected))
        missing = [root / f"{phase}_label" / f"{_key(path)}*" for path in pictures if labelled and path not in maps]
        notes: tuple[str, ...] = ()
        if (root / f"{phase}_inst").is_dir():
            lacking = len(pictures) - len(_partners(pictures, pictures_of(root / f"{phase}_inst")))
            notes = (f"{root / f'{phase}_inst'}: {lacking} pictures have no map of instances",) if lacking else ()
        clips = [PictureClip(path.stem, (Frame(path, maps.get(path)),)) for path in pictures]
        return Found(tuple(clip for clip in clips if not labelled or clip.frames[0].labels), tuple(missing), notes)


def _files(folder: Path, expected: str) -> list[Path]:
    found = pictures_of(folder) if folder.is_dir() else []
    if not found:
        raise DatasetError(f"{folder}: {'holds no pictures' if folder.is_dir() else 'no such folder'}", expected)
    return found


def _key(path: Path) -> str:
    return _ENDING.sub("", path.stem)


def _partners(pictures: list[Path], others: list[Path]) -> dict[Path, Path]:
    by_key = {_key(path): path for path in others}
    partners = {path: by_key[_key(path)] for path in pictures if _key(path) in by_key}
    if partners or len(pictures) != len(others):
        return partners
    return dict(zip(pictures, others, strict=True))
