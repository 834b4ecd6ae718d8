"""What `seg2vid data` asks of a backend that trains: to look all of a data set through, and to pack it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from seg2vid_interface.label_readers import LabelReading
    from seg2vid_interface.label_spaces import LabelSpace

Advance = Callable[[int, int], None]
"""Is told how many of how many frames are done."""


@dataclass(frozen=True)
class LabelTeller:
    """Tells the labels of frames that have none."""

    description: str
    """What its labels are, for messages and as `DataReport.labels`."""
    tell: "Callable[[NDArray[np.uint8]], NDArray[np.uint8]]"
    """A frame (H, W, 3), RGB, of the request's size -> class indices (H, W) of its label space; one at a time.  Raises
    Seg2VidError."""


@dataclass(frozen=True)
class DataRequest:
    """A data set, and the size at which its frames are looked at or packed."""

    root: Path
    dataset: str
    """Its layout."""
    label_space: "LabelSpace"
    """Of its label maps, where it has some."""
    read_labels: "LabelReading | None" = None
    height: int = 128
    """Pixels."""
    width: int = 256
    frames_per_second: float | None = None
    """Of videos that are read by the clock; None = all frames, as they are stored."""
    teller: LabelTeller | None = None
    """Tells the labels of all frames; label maps that are there are not read then."""


@dataclass(frozen=True)
class Sample:
    """A frame that was looked at."""

    name: str
    picture: "NDArray[np.uint8]"
    """(H, W, 3), RGB."""
    labels: "NDArray[np.uint8] | None"
    """(H, W), class indices."""


@dataclass(frozen=True)
class SplitReport:
    """What a split holds."""

    clips: int
    frames: int
    longest: int
    """Frames of the longest clip."""
    sizes: Mapping[str, int]
    """"HxW" -> frames whose files are so large."""
    shares: Mapping[str, float]
    """Class -> share of the pixels, the largest first; none without labels."""
    missing: tuple[str, ...]
    """Files that should be there, and pictures that have no label map."""
    unreadable: tuple[str, ...]
    """What cannot be read or understood, and why."""
    notes: tuple[str, ...] = ()
    samples: tuple[Sample, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class DataReport:
    """What a data set holds."""

    labels: str | None
    """What its label maps are read as, or by whom they are told; None if it has none."""
    splits: Mapping[str, SplitReport]
    """"train", and "val" where there is one."""
    read_per_second: float
    """Frames, at the size that was asked for, and if labels are told, with them."""
    told: bool = False
    """Whether labels were told."""


@dataclass(frozen=True)
class PackResult:
    """A packed data set."""

    folder: Path
    frames: Mapping[str, int]
    """Split -> frames."""
    files: int
    """Shards."""
    size: int
    """Bytes of all of them."""
    unreadable: tuple[str, ...]
    """What was left out."""


@runtime_checkable
class DataTools(Protocol):
    """A trainer that can look data sets through."""

    def check_data(self, request: DataRequest, advance: Advance) -> DataReport:
        """Read all of a data set; say what it holds and what is wrong with it.

        Raises UsageError, DatasetError (there is nothing that could be trained on) and what the label reading raises.
        """
        ...

    def pack_data(self, request: DataRequest, out: Path, advance: Advance, *, overwrite: bool = False) -> PackResult:
        """Write a data set into a folder of shards, which training reads as any other, however large it is.

        All of it or nothing.  Raises as `check_data`, and OutputError.
        """
        ...
