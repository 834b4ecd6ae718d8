"""What a benchmark finds, as its JSON holds it."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

SCHEMA = 1
Positive = Annotated[float, Field(ge=0.001, le=1e9)]
"""Of a speed; what is compared with it must not be lost in rounding."""


@dataclass(frozen=True)
class Machine:
    """What it ran on."""

    cpu: str
    cores: int
    """Usable by this process; backends start as many threads on a CPU."""
    memory_gb: float | None
    gpus: tuple[str, ...]
    system: str

    def __str__(self) -> str:
        return ", ".join([f"{self.cpu}, {self.cores} cores", *self.gpus])


@dataclass(frozen=True)
class ChunkTimes:
    """Milliseconds that a network call takes, until its frames are on the host."""

    p50: float
    p90: float


@dataclass(frozen=True)
class Round:
    """One round of a row; the rounds of all rows are taken in turn, so that those of one number belong together."""

    frames_per_s: Positive
    peak_gflops: Positive | None
    """Measured just before; None if the backend cannot."""


@dataclass(frozen=True)
class Result:
    """One row: medians over its rounds."""

    model: str
    model_sha256: str
    """Of the hashes of all files of the model's stages."""
    backend: str
    device: str
    precision: str
    height: int
    width: int
    frames: int
    """Length of a timed clip, the first frame included."""
    batch: int
    """Clips made at a time."""
    load_s: float
    """Opening the model in a new process, the import of the runtime included."""
    first_frame_ms: float
    chunk_ms: ChunkTimes | None
    """None if nothing but the first frame was made."""
    frames_per_s: float
    """The network's, after the first frame, of all clips of a batch together."""
    end_to_end_frames_per_s: float
    """From the label map to the finished mp4, the model being open."""
    peak_memory_mb: float | None
    """Of a process that makes one such clip; None where it cannot be known (Windows)."""
    device_memory_mb: float | None
    """What that process added on the GPU; None on a CPU, or without nvidia-smi."""
    gflop_per_frame: float
    peak_gflops: float | None
    """What the backend reaches in one large convolution; None if it cannot say."""
    peak_fraction: float | None
    """gflop_per_frame * frames_per_s / peak_gflops, at most about 1."""
    max_difference: int | None
    """Largest difference from the reference over the first chunk, of 255; None where there is none to compare with, or
    the row is the reference itself."""
    reference: str | None
    """The backend that it is compared with, on the CPU in fp32."""
    rounds: Annotated[tuple[Round, ...], Field(min_length=2)]

    @property
    def name(self) -> str:
        """What makes it the same row in another run."""
        batch = f" batch {self.batch}" if self.batch > 1 else ""
        return f"{self.model} {self.height}x{self.width}{batch} {self.backend} {self.device} {self.precision}"


@dataclass(frozen=True)
class Unavailable:
    """What was asked for and does not work here."""

    model: str
    backend: str
    device: str
    """As asked for."""
    precision: str
    """As asked for."""
    reason: str


@dataclass(frozen=True)
class Document:
    """One run."""

    schema: int
    machine: Machine
    versions: dict[str, str]
    """Of seg2vid, python, numpy, and by the backends' names of their runtimes."""
    results: tuple[Result, ...]
    unavailable: tuple[Unavailable, ...]
    core_share: float
    """Of the cores, what this program got while it measured: 1 if nothing else ran; median of the rounds."""
