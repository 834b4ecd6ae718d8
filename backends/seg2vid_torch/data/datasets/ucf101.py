"""UCF-101, https://www.crcv.ucf.edu/data/UCF101.php, by the first of its three splits.

    <root>/UCF-101/<action>/v_<action>_g01_c01.avi      or without UCF-101; or a folder of frames in its place
    <root>/ucfTrainTestlist/trainlist01.txt, testlist01.txt      or in the root; the test list is for validation

Without lists the groups decide as they do there: 1 to 7 are for validation, the others for training.
"""

import re
from pathlib import Path

from seg2vid_interface.errors import DatasetError
from seg2vid_torch.data.datasets.frames import (
    Clip,
    Found,
    Split,
    VideoClip,
    folders_of,
    picture_clips,
    read_list,
    refuse_labels,
)

_VIDEO = re.compile(r"v_\w+_g(?P<group>\d\d)_c\d\d")
_LISTS = {"train": "trainlist01.txt", "val": "testlist01.txt"}
_LAST_HELD_OUT = 7


class Ucf101Layout:
    """Finds UCF-101's videos; see `frames.Layout`."""

    name = "ucf101"
    expected = "A UCF-101 root holds UCF-101/ACTION/v_ACTION_gNN_cNN.avi (or folders of frames) and ucfTrainTestlist."

    def fits(self, root: Path) -> bool:
        """Tell whether there are videos; see `Layout.fits`."""
        return bool(_videos(root))

    def has(self, root: Path, split: Split) -> bool:
        """Tell whether any video is of the split."""
        if _list(root, "train") or _list(root, "val"):
            return _list(root, split) is not None
        return bool(_by_group(_videos(root), split))

    def has_labels(self, root: Path) -> bool:  # noqa: ARG002  # that of other layouts looks there
        """It is published without."""
        return False

    def find(self, root: Path, split: Split, *, labelled: bool) -> Found:
        """Return a split's videos; see `Layout.find`."""
        if labelled:
            raise refuse_labels(self.name)
        videos, listed, missing = _videos(root), _list(root, split), tuple[Path, ...]()
        if listed is None:
            videos = _by_group(videos, split)
        else:
            names = [line.split()[0].removesuffix(".avi") for line in read_list(listed)]
            missing = tuple(_base(root) / f"{name}.avi" for name in names if name not in videos)
            videos = {name: videos[name] for name in names if name in videos}
        if not videos:
            raise DatasetError(f"{root}: no video for {split!r}", self.expected)
        clips: list[Clip] = []
        for path in videos.values():
            is_video = not path.is_dir()
            clips += [VideoClip(path.relative_to(root).as_posix(), path)] if is_video else picture_clips([path], root)
        return Found(tuple(clips), missing)


def _base(root: Path) -> Path:
    return root / "UCF-101" if (root / "UCF-101").is_dir() else root


def _videos(root: Path) -> dict[str, Path]:
    """Return ACTION/v_ACTION_gNN_cNN -> its video or folder."""
    return {
        f"{action.name}/{path.stem}": path
        for action in folders_of(_base(root))
        for path in sorted(action.glob("v_*"))
        if _VIDEO.fullmatch(path.stem) and (path.is_dir() or path.suffix.lower() == ".avi")
    }


def _list(root: Path, split: Split) -> Path | None:
    places = [root / "ucfTrainTestlist", root, *([root.parent / "ucfTrainTestlist"] if root.name == "UCF-101" else [])]
    return next((place / _LISTS[split] for place in places if (place / _LISTS[split]).is_file()), None)


def _by_group(videos: dict[str, Path], split: Split) -> dict[str, Path]:
    held_out = {name for name in videos if int(name[-6:-4]) <= _LAST_HELD_OUT}
    return {name: path for name, path in videos.items() if (name in held_out) == (split == "val")}
