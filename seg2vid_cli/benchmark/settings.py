"""What a benchmark is asked to do."""

from dataclasses import dataclass
from pathlib import Path

from seg2vid_interface.backend import OpenOptions

ALL = "all"


@dataclass(frozen=True)
class Effort:
    """How long to measure."""

    chunks: int
    """Network calls of a clip, where `--frames` does not say."""
    rounds: int
    repeats: int
    """New processes that each row is started in, and clips of each that are encoded."""


FULL, QUICK = Effort(chunks=5, rounds=12, repeats=2), Effort(chunks=3, rounds=6, repeats=1)


@dataclass(frozen=True)
class BenchmarkSettings:
    """One run of `seg2vid benchmark`."""

    models: tuple[str, ...]
    """Names or folders."""
    backends: tuple[str, ...]
    """Names, or ALL alone."""
    options: OpenOptions
    """Its precision may also be ALL."""
    batch: int
    frames: int | None
    """None = the effort's number of chunks."""
    effort: Effort
    out: Path | None
    plot: Path | None
    compare: Path | None
    tolerance: float
    """Share of the speed that may be lost."""
    overwrite: bool
