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
    repeats: int
    """New processes that each row is started in, and clips of each that are encoded."""
    fewest_rounds: int
    most_rounds: int
    seconds: float
    """That the rounds should take together."""


FULL = Effort(chunks=5, repeats=2, fewest_rounds=6, most_rounds=24, seconds=90)
QUICK = Effort(chunks=3, repeats=1, fewest_rounds=5, most_rounds=10, seconds=24)


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
