"""KITTI's raw drives, https://www.cvlibs.net/datasets/kitti/raw_data.php: the left colour camera.

    <root>/2011_09_26/2011_09_26_drive_0001_sync/image_02/data/0000000000.png      or without the folder of the date
    <root>/train.txt, <root>/val.txt                                                names of drives, optional

It comes without a split: without lists every tenth drive is for validation, or the last one where there are fewer.
"""

import re
from pathlib import Path

from seg2vid_interface.errors import DatasetError
from seg2vid_torch.data.datasets.frames import Found, Split, folders_of, picture_clips, read_list, refuse_labels

_DATE = re.compile(r"\d{4}_\d\d_\d\d")
_DRIVE = re.compile(r"\d{4}_\d\d_\d\d_drive_\d{4}(_sync|_extract)?")
_CAMERA = Path("image_02", "data")
_HELD_OUT = 10


class KittiLayout:
    """Finds KITTI's drives; see `frames.Layout`."""

    name = "kitti"
    expected = "A KITTI root holds DATE/DATE_drive_NNNN_sync/image_02/data/NNNNNNNNNN.png."

    def fits(self, root: Path) -> bool:
        """Tell whether there are drives; see `Layout.fits`."""
        return bool(_drives(root))

    def has(self, root: Path, split: Split) -> bool:
        """Tell whether any drive is of the split."""
        return split == "train" or (root / "val.txt").is_file() or len(_drives(root)) > 1

    def has_labels(self, root: Path) -> bool:  # noqa: ARG002  # that of other layouts looks there
        """It is published without."""
        return False

    def find(self, root: Path, split: Split, *, labelled: bool) -> Found:
        """Return a split's drives; see `Layout.find`."""
        if labelled:
            raise refuse_labels(self.name)
        drives = _of_split(_drives(root), root, split)
        clips = picture_clips([drive / _CAMERA for drive in drives if (drive / _CAMERA).is_dir()], root)
        if not clips:
            raise DatasetError(f"{root}: no drive for {split!r} has pictures in image_02/data", self.expected)
        return Found(tuple(clips))


def _drives(root: Path) -> list[Path]:
    dates = [folder for folder in folders_of(root) if _DATE.fullmatch(folder.name)]
    return sorted(folder for parent in (root, *dates) for folder in folders_of(parent) if _DRIVE.fullmatch(folder.name))


def _of_split(drives: list[Path], root: Path, split: Split) -> list[Path]:
    if (root / f"{split}.txt").is_file():
        names = {Path(line.split()[0]).name for line in read_list(root / f"{split}.txt")}
        return [drive for drive in drives if drive.name in names]
    if (root / "val.txt").is_file():
        names = {Path(line.split()[0]).name for line in read_list(root / "val.txt")}
        return [drive for drive in drives if drive.name not in names]
    held_out = drives[_HELD_OUT - 1 :: _HELD_OUT] or drives[1:][-1:]
    return held_out if split == "val" else [drive for drive in drives if drive not in held_out]
