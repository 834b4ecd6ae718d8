"""What a benchmark is asked to do."""

import re
from dataclasses import dataclass
from pathlib import Path

from seg2vid_interface.backend import OpenOptions
from seg2vid_interface.errors import UsageError

ALL = "all"


@dataclass(frozen=True)
class Effort:
    """How long to measure."""

    chunks: int
    """Network calls of a clip, where `--frames` does not say."""
    starts: int
    """New processes that each row is started in."""
    fewest_rounds: int
    most_rounds: int
    seconds: float
    """That the rounds should take together."""
    end_to_end: int
    """Clips of each row that are encoded."""


FULL = Effort(chunks=5, starts=2, fewest_rounds=6, most_rounds=24, seconds=90, end_to_end=3)
QUICK = Effort(chunks=3, starts=1, fewest_rounds=5, most_rounds=10, seconds=24, end_to_end=1)


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


def parse_backends(text: str) -> tuple[str, ...]:
    """Return the names of a list with commas.  Raises UsageError."""
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",")))
    if "" in names:
        raise UsageError(f"--backend {text}: an empty name", "For example --backend onnx,torch.")
    if ALL in names and len(names) > 1:
        raise UsageError(f"--backend {text}: all leaves nothing to add", "Use --backend all.")
    return names


def parse_tolerance(text: str) -> float:
    """Return the share that a percentage like "10%" is.  Raises UsageError."""
    number = re.fullmatch(r"([0-9]{1,2}(?:\.[0-9]+)?)%", text)
    if number is None:
        raise UsageError(f"--tolerance {text}: not a percentage from 0% to below 100%", "For example --tolerance 10%.")
    return float(number[1]) / 100
