"""The protocols a backend implements; `backends/README.md` shows a whole small one.

A backend is a light class named by an entry point of the group `seg2vid.backends`.  Creating it imports nothing heavy;
`open`, `train` and `export` import their runtime.  Backends never print: they log, call the monitor back and raise
`Seg2VidError`s.  What a backend can do is asked with isinstance: every one is a `Backend`, some are a `Trainer`, an
`Exporter` or `Benchmarked` too.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Protocol, Self, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from seg2vid_interface.clips import Chunk, ClipRequest
    from seg2vid_interface.label_readers import LabelReading
    from seg2vid_interface.model_card import ModelFolder

Stage = Literal["image", "motion", "labels"]
ENTRY_POINT_GROUP = "seg2vid.backends"


@dataclass(frozen=True)
class BackendStatus:
    """What a backend can do on this machine."""

    version: str | None
    """Version of its runtime; None if that is not installed."""
    devices: tuple[str, ...]
    """Usable devices, best first, e.g. ("cuda:0", "cpu"); empty if the backend cannot run here."""
    precisions: tuple[str, ...]
    """Among "fp32", "fp16", "bf16"."""
    reason: str | None = None
    """Why it cannot be used, with the exact pip line that mends it; None if it can."""


@dataclass(frozen=True)
class OpenOptions:
    """How a model is opened."""

    device: str = "auto"
    """"auto", "cpu", "cuda" or "cuda:N"."""
    precision: str = "auto"
    """"auto", "fp32", "fp16" or "bf16"."""
    size: tuple[int, int] | None = None
    """Height and width in pixels; None = the model's own."""
    cache: Path | None = None
    """A folder where a backend may keep what it makes of a model to open it faster; None = nowhere."""


class Session(Protocol):
    """A model opened on a device.  A context manager; `close` frees the device."""

    height: int
    """Pixels."""
    width: int
    """Pixels."""
    chunk_frames: int
    """T: frames that one network call predicts."""
    latent_size: int
    """Numbers in a motion latent at this height and width."""
    style_size: int
    """Numbers in a style; 0 if the image stage takes none."""
    device: str
    """What really runs it: "cpu" or "cuda:N"."""
    precision: str
    """"fp32", "fp16" or "bf16"."""

    def generate(self, requests: Sequence["ClipRequest"]) -> Iterator[list["Chunk"]]:
        """Make a batch of clips; yield, chunk after chunk, one `Chunk` per request.

        Memory does not grow with the length of the clips.  Raises ValueError for arrays of a wrong shape or dtype
        and for requests of different lengths, ModelError where a stage that is needed is missing.
        """
        ...

    def close(self) -> None:
        """Free the device; the session cannot be used afterwards."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


@runtime_checkable
class ReadsStyles(Protocol):
    """A session that can read the style of a picture, if the model's card says `reads_styles`."""

    def style_of(self, picture: "NDArray[np.uint8]") -> "NDArray[np.float32]":
        """Return the style (style_size,) of a picture.

        The picture is uint8 RGB of the height and width that the image stage was trained at, `card.image_size(
        card.height, card.width)`, whatever size the session was opened at.  Raises ValueError for another form, and
        what `Backend.open` raises of the file of the style encoder, which is loaded when it is first needed.
        """
        ...


@runtime_checkable
class Segments(Protocol):
    """A session that can tell the labels of a picture, if the model's card says `segments`."""

    def segment(self, picture: "NDArray[np.uint8]") -> "NDArray[np.uint8]":
        """Return class indices (h, w), 0..K-1, of a picture.

        The picture is uint8 RGB (h, w, 3), of the height and width `graphs.motion_size(card, height, width)`: about the
        card's own, however large the session's frames are.  Raises ValueError for another form, and what `Backend.open`
        raises of the labels stage's file, which is loaded when it is first needed.
        """
        ...


@runtime_checkable
class Backend(Protocol):
    """Runs models on the devices it knows."""

    name: str
    """As given to `--backend`."""

    def status(self) -> BackendStatus:
        """Say what works here, without raising."""
        ...

    def open(self, model: "ModelFolder", options: OpenOptions) -> Session:
        """Open a model.

        Raises ModelError, DeviceError (a device or precision that is not there), UsageError (a size that the networks
        cannot take), and BackendError where memory or the runtime is missing.
        """
        ...


@dataclass(frozen=True)
class TrainingRequest:
    """One run of `seg2vid train`."""

    stage: Stage
    data: tuple[Path, ...]
    """Dataset roots."""
    out: Path
    """The run's folder; a run with the same settings is resumed, also with another number of steps or minutes."""
    dataset: str = "clips"
    """Layout of the roots."""
    preset: str = "street"
    """Name of a bundled preset, or a path to a TOML file."""
    settings: Mapping[str, str] | None = None
    """`--set` overrides, key -> value as written on the command line."""
    device: str = "auto"
    precision: str = "auto"
    seed: int = 0
    overwrite: bool = False
    """Start anew, whatever the folder holds."""
    cache: Path | None = None
    """A folder where a backend may keep what it fetches; None = nowhere."""
    models: Mapping[str, Path] = field(default_factory=dict)
    """Name -> folder of the models that settings may name, as one whose weights are to be begun from."""
    read_labels: "LabelReading | None" = None
    """Finds out how a root's label maps are read; None: all are 8-bit pictures of class indices, 255 = unlabelled."""
    dry_run: bool = False
    """Make every check of a real run, build the networks and read the checkpoint; train, write and fetch nothing."""


class TrainingMonitor(Protocol):
    """What a trainer tells its caller, and asks of it."""

    def begin(self, *, step: int, steps: int | None, share: float, summary: Mapping[str, object]) -> None:
        """Training starts, or resumes, at `step` of `steps`, a `share` (0..1) of it done.

        `steps` is None if its time decides; `summary` holds device, pictures, parameters, minutes, ...
        """
        ...

    def advance(self, *, step: int, share: float, metrics: Mapping[str, float]) -> None:
        """`step` steps are done, a `share` of all; `metrics` are the newest (empty between two intervals)."""
        ...

    def stop_requested(self) -> bool:
        """True once the user wants training to save and stop."""
        ...


@dataclass(frozen=True)
class TrainingResult:
    """How a training ended."""

    run: Path
    step: int
    steps: int | None
    """None if the training was by the clock."""
    finished: bool
    """False if training was stopped on request (the checkpoint is saved)."""
    metrics: Mapping[str, float]
    """The newest metrics; empty if no step was done."""
    summary: Mapping[str, object]


@runtime_checkable
class Trainer(Protocol):
    """A backend that trains."""

    def presets(self) -> Sequence[str]:
        """Return the names of the presets that come with it; imports no runtime, for shells ask on every Tab."""
        ...

    def train(self, request: TrainingRequest, monitor: TrainingMonitor) -> TrainingResult:
        """Train one stage.

        Raises SettingsError, UsageError, DatasetError, DeviceError, OutputError, ModelError (a checkpoint that cannot
        be read), TrainingError, and BackendError where memory or the runtime is missing.
        """
        ...


@dataclass(frozen=True)
class ExportRequest:
    """One run of `seg2vid export`."""

    sources: tuple[Path, ...]
    """Run folders, checkpoints or model folders, at most one per stage; which stage each is, is read from it."""
    out: Path
    """The model folder to be made."""
    card: Path | None = None
    """A TOML file with what only people can say of a model: description, licence, training data."""
    graphs: tuple[str, ...] = ()
    """Precisions, "fp32" or "fp16", in which the stages are also written as ONNX graphs (see `graphs.py`)."""
    half_weights: bool = False
    """Store weights in half precision, in half the space, also those of graphs that compute in float32."""
    check: Callable[["ModelFolder"], None] | None = None
    """Called with the finished folder before it is moved to `out`; what it raises ends the export, leaving nothing."""
    overwrite: bool = False


@dataclass(frozen=True)
class ExportResult:
    """The model folder that was made."""

    folder: Path
    name: str
    stages: tuple[Stage, ...]
    files: Mapping[str, int]
    """File name -> bytes."""


@runtime_checkable
class Exporter(Protocol):
    """A backend that makes model folders."""

    def export(self, request: ExportRequest) -> ExportResult:
        """Make a model folder, all of it or nothing.  Raises ModelError, OutputError."""
        ...


@runtime_checkable
class Benchmarked(Protocol):
    """A backend whose speed `seg2vid benchmark` can set against the best that its runtime does on the same device."""

    def peak_gflops(self, options: OpenOptions) -> float:
        """Return the GFLOP/s that the runtime reaches in the convolution of `peak.py`, with as many threads as `open`.

        It takes less than a second.  Raises what `Backend.open` raises of the device and the precision.
        """
        ...
