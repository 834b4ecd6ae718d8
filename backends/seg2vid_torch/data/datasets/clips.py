"""The layout "clips", in which people arrange data sets of their own.

    <root>/<split>/<clip>/images/<frame>.{jpg,jpeg,png}
    <root>/<split>/<clip>/labels/<frame>.png              label maps, where there are labels

A folder of unrelated stills has the same layout.
"""

from pathlib import Path

from seg2vid_interface.errors import DatasetError
from seg2vid_torch.data.datasets.frames import Found, Frame, PictureClip, Split, folders_of, pictures_of


class ClipsLayout:
    """Finds clips of the layout "clips"; see `frames.Layout`."""

    name = "clips"
    expected = "The clips layout is ROOT/SPLIT/CLIP/images/FRAME.jpg with labels/FRAME.png beside it."

    def fits(self, root: Path) -> bool:
        """Tell whether there is a split; see `Layout.fits`."""
        return any((root / split).is_dir() for split in ("train", "val"))

    def has(self, root: Path, split: Split) -> bool:
        """Tell whether the split's folder is there."""
        return (root / split).is_dir()

    def has_labels(self, root: Path) -> bool:
        """Tell whether a clip has a folder of labels."""
        return any((clip / "labels").is_dir() for split in ("train", "val") for clip in folders_of(root / split))

    def find(self, root: Path, split: Split, *, labelled: bool) -> Found:
        """Return a split's clips; see `Layout.find`."""
        folder = root / split
        if not folder.is_dir():
            raise DatasetError(f"{root}: no folder {split!r} in this dataset", self.expected)
        clips = [_clip(clip, labelled=labelled) for clip in folders_of(folder) if (clip / "images").is_dir()]
        if not any(clip.frames for clip in clips):
            raise DatasetError(f"{folder}: holds no clip with an images folder and pictures in it", self.expected)
        maps = (frame.labels for clip in clips for frame in clip.frames if frame.labels)
        return Found(tuple(clips), tuple(path for path in maps if not path.is_file()))


def _clip(folder: Path, *, labelled: bool) -> PictureClip:
    pictures = pictures_of(folder / "images")
    labels = [folder / "labels" / f"{path.stem}.png" if labelled else None for path in pictures]
    return PictureClip(folder.name, tuple(map(Frame, pictures, labels)))
