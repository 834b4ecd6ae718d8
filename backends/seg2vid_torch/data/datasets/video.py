"""A folder of videos of any kind: all that lie in it and in its folders.

    <root>/**/*.mp4          or in <root>/train and <root>/val

Frames are taken at the times that a stage's frames per second asks for, whatever rate, steady or not, a video has.
"""

from pathlib import Path

from seg2vid_interface.errors import DatasetError
from seg2vid_torch.data.datasets.frames import VIDEO_ENDINGS, Found, Split, VideoClip, refuse_labels


class VideoLayout:
    """Finds videos; see `frames.Layout`."""

    name = "video"
    expected = (
        "A folder of videos holds .mp4, .avi, .mov, .mkv, .webm or others, also in folders; train and val if any."
    )

    def fits(self, root: Path) -> bool:
        """Tell whether there are videos anywhere; see `Layout.fits`."""
        return bool(_videos(root))

    def has(self, root: Path, split: Split) -> bool:
        """Tell whether there is a folder for the split; what is in none is for training."""
        return split == "train" or bool(_videos(root / "val"))

    def has_labels(self, root: Path) -> bool:  # noqa: ARG002  # that of other layouts looks there
        """It is published without."""
        return False

    def find(self, root: Path, split: Split, *, labelled: bool) -> Found:
        """Return a split's videos; see `Layout.find`."""
        if labelled:
            raise refuse_labels(self.name)
        paths = _videos(root / "val") if split == "val" else _videos(root)
        if split == "train":
            paths = [path for path in paths if path.relative_to(root).parts[0] != "val"]
        if not paths:
            raise DatasetError(f"{root}: holds no video for {split!r}", self.expected)
        return Found(tuple(VideoClip(path.relative_to(root).as_posix(), path, by_the_clock=True) for path in paths))


def _videos(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    found = (path for path in folder.rglob("*") if path.suffix.lower() in VIDEO_ENDINGS and path.name[0] != ".")
    return sorted(path for path in found if path.is_file())
