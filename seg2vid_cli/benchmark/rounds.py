"""Timing the rows in turn, A B C A B C ..., so that a machine whose speed drifts favours none of them."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from seg2vid_cli.benchmark.clips import ClipTimes, time_videos
from seg2vid_cli.benchmark.crowding import core_share
from seg2vid_cli.benchmark.rows import Row
from seg2vid_cli.benchmark.settings import Effort
from seg2vid_cli.terminal.console import Console
from seg2vid_interface.backend import Benchmarked


@dataclass
class Timings:
    """What was measured of one row, round by round."""

    clips: list[ClipTimes] = field(default_factory=list)
    peaks: list[float | None] = field(default_factory=list)
    """GFLOP/s."""
    videos: list[float] = field(default_factory=list)
    """Seconds; fewer than clips."""


def time_rows(rows: Sequence[Row], effort: Effort, console: Console) -> tuple[list[Timings], float]:
    """Time all rows; the first round, which is timed as well, tells how many more there is time for.

    The second result is the median of `core_share` before each round.  Raises BackendError, OutputError.
    """
    shares = [core_share()]
    timings = [Timings() for _ in rows]
    began = time.perf_counter()
    with console.progress("timing, first round", len(rows), "rows") as bar:
        for number, (row, timing) in enumerate(zip(rows, timings, strict=True), 1):
            _time(row, timing)
            bar.advance(number)
    seconds = time.perf_counter() - began
    rounds = max(effort.fewest_rounds, min(effort.most_rounds, int(effort.seconds / seconds)))
    steps = [(_time, rounds - 1), (_time_videos, effort.end_to_end)]
    done, total = 0, len(rows) * sum(count for _, count in steps)
    with console.progress("timing", total, "rows") as bar:
        for step, count in steps:
            for _ in range(count):
                shares.append(core_share())
                for row, timing in zip(rows, timings, strict=True):
                    step(row, timing)
                    done += 1
                    bar.advance(done)
    return timings, median(shares)


def _time(row: Row, timings: Timings) -> None:
    """Time one batch of clips and, just before, the backend's peak, so that the two can be divided."""
    backend = row.backend
    timings.peaks.append(backend.peak_gflops(row.options) if isinstance(backend, Benchmarked) else None)
    timings.clips.append(row.time())


def _time_videos(row: Row, timings: Timings) -> None:
    timings.videos.append(time_videos(row.session, row.card, row.requests))
