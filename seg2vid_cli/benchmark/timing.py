"""Timing the rows in turn, A B C A B C ..., so that a machine whose speed drifts favours none of them."""

import hashlib
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from statistics import fmean, median
from tempfile import TemporaryDirectory

from seg2vid_cli.benchmark.rows import Row, chunk_seconds
from seg2vid_cli.benchmark.settings import Effort
from seg2vid_cli.outputs.video.kinds import Kind, open_video
from seg2vid_cli.terminal.console import Console
from seg2vid_interface.backend import Benchmarked
from seg2vid_interface.cores import available_cores
from seg2vid_interface.prefetch import prefetch

SHARE_SECONDS = 0.05
WORK = bytes(100_000)  # beyond 2047 bytes hashing runs without Python's lock, so that threads really are parallel


def time_rows(rows: Sequence[Row], effort: Effort, console: Console) -> float:
    """Time all rows; return the median of `core_share` before each round.  Raises BackendError, OSError."""
    steps = [_time_clips] * effort.rounds + [_time_videos] * effort.repeats
    shares: list[float] = []
    with console.progress("timing", len(steps) * len(rows), "rows") as bar:
        for step in steps:
            shares.append(core_share())
            for row in rows:
                step(row)
            bar.advance(len(shares) * len(rows))
    return median(shares)


def core_share() -> float:
    """Keep all cores busy for a moment; return the share of them that this program got, 1 on a machine of its own.

    Networks lose more to other programs than that: as many threads as cores wait for each other after every layer, and
    one that has to queue holds up all of them.  How much more depends on the runtime.
    """
    threads = available_cores()
    with ThreadPoolExecutor(threads) as pool:
        return min(1.0, fmean(pool.map(_work, [SHARE_SECONDS] * threads)))


def _work(seconds: float) -> float:
    """Return the time spent calculating, divided by the time that it took."""
    began, worked = time.perf_counter(), time.thread_time()
    while time.perf_counter() - began < seconds:
        hashlib.sha256(WORK)
    return (time.thread_time() - worked) / (time.perf_counter() - began)


def _time_clips(row: Row) -> None:
    """Time one batch of clips and, just before, the backend's peak, so that the two can be divided."""
    row.peaks.append(row.backend.peak_gflops(row.options) if isinstance(row.backend, Benchmarked) else None)
    first, *chunks = chunk_seconds(row.session, row.requests)
    row.first_frames.append(first)
    row.chunks += chunks
    frames, seconds = (row.frames - 1, sum(chunks)) if chunks else (1, first)
    row.frames_per_s.append(len(row.requests) * frames / seconds)


def _time_videos(row: Row) -> None:
    """Make a batch of clips as `seg2vid generate` does, in a temporary folder.  Raises OSError."""
    session, speed = row.session, row.model.card.frames_per_second
    with TemporaryDirectory(prefix="seg2vid-benchmark-") as folder, ExitStack() as stack:
        began = time.perf_counter()
        writers = [
            open_video(
                Path(folder, f"{number}.mp4"),
                Kind.MP4,
                height=session.height,
                width=session.width,
                frames_per_second=speed,
                comment="",
            )
            for number in range(len(row.requests))
        ]
        for writer in writers:
            stack.callback(writer.abort)
        for chunks in stack.enter_context(closing(prefetch(session.generate(row.requests)))):
            for writer, chunk in zip(writers, chunks, strict=True):
                for frame in chunk.frames:
                    writer.write(frame)
        for writer in writers:
            writer.close()
        row.videos.append(time.perf_counter() - began)
