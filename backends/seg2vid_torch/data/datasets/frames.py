"""What data sets consist of: clips, whose frames follow each other in time; nothing is read yet."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal, Protocol

from seg2vid_interface.errors import DatasetError

Split = Literal["train", "val"]
PICTURE_ENDINGS = {".jpg", ".jpeg", ".png"}
VIDEO_ENDINGS = {
    *(".3gp", ".avi", ".flv", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".ogv", ".ts", ".webm", ".wmv"),
}


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

    @property
    def files(self) -> list[Path]:
        """All pictures."""
        return [frame.picture for frame in self.frames]


@dataclass(frozen=True)
class VideoClip:
    """A video file, without labels."""

    name: str
    path: Path
    spans: tuple[range, ...] = ()
    """The frames that count, each span a clip of its own; none = all of them."""
    by_the_clock: bool = False
    """Whether frames are taken at the times that a stage's frames per second asks for, not as they are stored."""

    @property
    def files(self) -> list[Path]:
        """The video."""
        return [self.path]


Clip = PictureClip | VideoClip


@dataclass(frozen=True)
class Found:
    """A split of a data set."""

    clips: tuple[Clip, ...]
    missing: tuple[Path, ...] = ()
    """Files that should be there, as the label maps of pictures."""
    notes: tuple[str, ...] = ()
    """What the user should know of it."""


class Layout(Protocol):
    """The form of a data set: finds its clips.  A root's folders are listed, no file is opened but lists."""

    name: str
    """As `--dataset` takes it."""
    expected: str
    """How a root looks, as a sentence for messages."""

    def fits(self, root: Path) -> bool:
        """Tell whether a folder looks like a root."""
        ...

    def has(self, root: Path, split: Split) -> bool:
        """Tell whether a root has such a split."""
        ...

    def has_labels(self, root: Path) -> bool:
        """Tell whether a root that fits has label maps."""
        ...

    def find(self, root: Path, split: Split, *, labelled: bool) -> Found:
        """Return a split's clips, with label maps if `labelled`.

        Raises:
            DatasetError: the split is not there or has no frames, the data set has no labels, or a list is empty.
        """
        ...


def pictures_of(folder: Path) -> list[Path]:
    """Return a folder's pictures, in the order of their names."""
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in PICTURE_ENDINGS and path.name[0] != ".")


def folders_of(folder: Path) -> list[Path]:
    """Return a folder's folders, in the order of their names; none of a folder that is not there."""
    return sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []


def picture_clips(folders: Iterable[Path], root: Path) -> list[Clip]:
    """Return a clip for every folder that holds pictures; they have no labels."""
    found = ((folder, pictures_of(folder)) for folder in folders)
    return [
        PictureClip(folder.relative_to(root).as_posix(), tuple(map(Frame, pictures)))
        for folder, pictures in found
        if pictures
    ]


def read_list(path: Path) -> list[str]:
    """Return the lines of a list file that are not empty.  Raises DatasetError if there is none, or it is no text."""
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError) as error:
        raise DatasetError(f"{path}: not a readable list: {error}") from None
    if not any(lines):
        raise DatasetError(f"{path}: an empty list", "Remove it to take all, or list one clip a line.")
    return [line for line in lines if line]


def refuse_labels(name: str) -> DatasetError:
    """Return the error for a data set that is published without label maps."""
    return DatasetError(
        f"--dataset {name}: has no label maps, which this stage learns from",
        "Have them told, `seg2vid data pack --label-with MODEL`, or train a motion stage without labels, e.g. "
        "--preset paper-no-labels.",
    )


def in_runs(numbers: Sequence[int]) -> list[range]:
    """Return the ranges of indices over which ascending numbers go up by one."""
    cuts = [0, *(i for i in range(1, len(numbers)) if numbers[i] != numbers[i - 1] + 1), len(numbers)]
    return [range(start, stop) for start, stop in pairwise(cuts) if start < stop]
