"""What `seg2vid evaluate` asks of a backend, and what it is told.

An evaluator measures frames of whatever origin: those that a session of any backend makes, or ready ones.

Steps count from 1: step t is the frame t after the first frame.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from seg2vid_interface.backend import Session
    from seg2vid_interface.label_readers import LabelReading
    from seg2vid_interface.label_spaces import LabelSpace
    from seg2vid_interface.model_card import ModelFolder

Advance = Callable[[float, str], None]
"""Is told which share (0..1) is done, and what is measured now."""

BY_STEP: Final = (
    "psnr",
    "ssim",
    "ms-ssim",
    "lpips",
    "labels",
    "detail",
    "warping",
    "flicker",
    "warping-dis",
    "flicker-dis",
)
"""Metrics with a value for every step."""
OF_SETS: Final = ("fid", "kid", "fvd")
"""Metrics that compare sets of frames, or of clips, and have one value."""
METRICS: Final = (*BY_STEP, *OF_SETS)
FEATURES: Final[Mapping[str, tuple[str, ...]]] = {"vgg": ("lpips",), "inception": ("fid", "kid"), "i3d": ("fvd",)}
"""Feature network -> the metrics that look through it."""


class Segmenter(Protocol):
    """Tells the classes of pictures' pixels."""

    description: str
    """Which network it is, and at which size it looks at pictures."""

    @property
    def space(self) -> "LabelSpace | None":
        """The classes that it tells, if that is known: other label maps are not compared with them."""
        ...

    def segment(self, pictures: "NDArray[np.uint8]") -> "NDArray[np.uint8]":
        """Return class indices (n, H, W) of pictures (n, H, W, 3) in RGB."""
        ...


@dataclass(frozen=True)
class EvaluatedModel:
    """A model, opened by some backend."""

    folder: "ModelFolder"
    session: "Session"
    backend: str
    """Its name, for the protocol."""


@dataclass(frozen=True)
class EvaluationRequest:
    """One run of `seg2vid evaluate`."""

    data: tuple[Path, ...]
    """Data set roots; also a root's folder of one split."""
    height: int
    """Of all frames that are compared, in pixels; a session's own."""
    width: int
    horizon: int
    """The last step."""
    model: EvaluatedModel | None = None
    videos: tuple[Path, ...] = ()
    """Folders of ready clips, videos or folders of frames, each of them what one system made; see `docs/evaluation.md`
    for their names."""
    dataset: str = "clips"
    """Layout of the roots."""
    split: str = "val"
    every: int = 1
    """A start at every so many frames of a clip."""
    samples: int = 1
    """K: clips that a model makes from every start, of which the best counts."""
    seed: int = 0
    """Of these clips' random numbers."""
    metrics: tuple[str, ...] = METRICS
    """Those that are wanted, among METRICS."""
    features: Mapping[str, Path] = field(default_factory=dict)
    """Feature network, of FEATURES -> its file."""
    segmenter: "Path | Segmenter | None" = None
    """An ONNX file, or what segments."""
    read_labels: "LabelReading | None" = None
    """As `TrainingRequest.read_labels`."""
    device: str = "auto"
    """That feature networks run on."""


@dataclass(frozen=True)
class Column:
    """A metric, as it was measured."""

    name: str
    """Of METRICS."""
    title: str
    unit: str
    """Empty for a plain number."""
    better: str
    """"higher", "lower", or "1" where that is best."""
    about: str
    """How it is computed, in a sentence."""
    digits: int
    """Behind the point, in tables."""


@dataclass(frozen=True)
class Row:
    """What was measured of one way to go on from a first frame."""

    name: str
    starts: int
    """Clips that were compared, each from a start of its own."""
    steps: Mapping[str, tuple[float | None, ...]]
    """Metric -> its value at step 1, 2, ...; None where it has none."""
    whole: Mapping[str, float | None]
    """Metric -> its one value: the mean over the steps, or that of a metric of sets."""


@dataclass(frozen=True)
class Evaluation:
    """What one run found."""

    protocol: Mapping[str, str | int]
    """What was measured, in words: data, sizes, samples and networks.  They must be the same for numbers to be
    compared."""
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    dropped: Mapping[str, str]
    """Metric or row that is left out -> why, and how it is to be had."""
    notes: tuple[str, ...]
    """What limits the numbers."""


@runtime_checkable
class Evaluator(Protocol):
    """A backend that measures quality."""

    def evaluate(self, request: EvaluationRequest, advance: Advance) -> Evaluation:
        """Measure a model, or ready videos, against a data set.

        Raises UsageError, DatasetError (data or videos are missing, too short or of mixed sizes), ModelError (a file of
        a network is unreadable, or of another network), DeviceError, and BackendError where a package is missing.
        """
        ...
