"""What data sets consist of: clips, whose frames follow each other in time; nothing is read yet."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

Split = Literal["train", "val"]
PICTURE_ENDINGS = {".jpg", ".jpeg", ".png"}


@dataclass(frozen=True)
class Frame:
    """A frame that is a picture file."""

    picture: Path
    labels: Path | None = None
    """Its label map; None where there are no labels, or nobody asked for them."""


@dataclass(frozen=True)
class PictureClip:
    """Consecutive frames, each a picture file."""

    name: str
    frames: tuple[Frame, ...]


Clip = PictureClip


class Layout(Protocol):
    """The form of a data set: finds its clips."""

    name: str
    """As `--dataset` takes it."""
    expected: str
    """How a root looks, as a sentence for messages."""

    def has(self, root: Path, split: Split) -> bool:
        """Tell whether a root has such a split."""
        ...

    def find(self, root: Path, split: Split, *, labelled: bool) -> list[Clip]:
        """Return a split's clips, with label maps if `labelled`.

        Raises:
            DatasetError: the split is not there or has no frames, or label maps are missing.
        """
        ...


def pictures_of(folder: Path) -> list[Path]:
    """Return a folder's pictures, in the order of their names."""
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in PICTURE_ENDINGS)
