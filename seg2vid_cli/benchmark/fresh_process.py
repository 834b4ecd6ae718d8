"""Starting a row in a process of its own: how long it takes to open, and how much memory to make a clip."""

import signal
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from statistics import median

from seg2vid_cli.benchmark.machine import gpu_memory_mb
from seg2vid_cli.benchmark.rows import Row, chunk_seconds, sample_requests
from seg2vid_cli.plugins import load_backend
from seg2vid_cli.terminal.console import Console
from seg2vid_interface.backend import OpenOptions
from seg2vid_interface.errors import BackendError, Seg2VidError
from seg2vid_interface.model_card import ModelFolder

CHUNKS = 2
"""Of the clip; a longer one needs no more memory."""

Start = tuple[float, float | None, float | None]
"""Seconds of opening the model once more, the import of the runtime included (graphs are in the cache by then); MB that
the process took at most, None on Windows; MB that it added on the GPU, None on a CPU or without nvidia-smi."""


def start_rows(rows: Sequence[Row], times: int, console: Console) -> list[Start]:
    """Start every row `times` times, in turn; return the medians.  Raises BackendError where a process fails."""
    starts: list[list[Start]] = [[] for _ in rows]
    with console.progress("starting", times * len(rows), "processes") as bar:
        for number in range(times * len(rows)):
            starts[number % len(rows)].append(_start(rows[number % len(rows)]))
            bar.advance(number + 1)
    columns = [list(zip(*of_row, strict=True)) for of_row in starts]
    return [(median(load), median_known(memory), median_known(gpu)) for load, memory, gpu in columns]


def median_known(values: Sequence[float | None]) -> float | None:
    """Return the median of those that are known; None if none is."""
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _start(row: Row) -> Start:
    arguments = row.model, row.backend.name, row.options, len(row.requests), CHUNKS if row.frames > 1 else 0
    ignore_interrupts = signal.signal, (signal.SIGINT, signal.SIG_IGN)  # which come to this process as well
    with ProcessPoolExecutor(1, get_context("spawn"), *ignore_interrupts) as pool:
        try:
            return pool.submit(_measure, *arguments).result()
        except (Seg2VidError, BrokenProcessPool) as error:
            raise BackendError(f"backend {row.backend.name}: fails in a process of its own: {error}") from error


def _measure(model: ModelFolder, backend: str, options: OpenOptions, batch: int, chunks: int) -> Start:
    """Open the model and make a batch of clips, in the process that this is called in."""
    before, runtime, began = gpu_memory_mb(options.device), load_backend(backend), time.perf_counter()
    with runtime.open(model, options) as session:
        load_s = time.perf_counter() - began
        frames = 1 + chunks * session.chunk_frames
        chunk_seconds(session, sample_requests(session, model.card, frames=frames, batch=batch))
        after = gpu_memory_mb(options.device)
    return load_s, _peak_memory_mb(), None if before is None or after is None else after - before


def _peak_memory_mb() -> float | None:
    """Return the most memory that this process has held so far; None where there is no way to know."""
    try:  # Linux; what getrusage tells includes the process that this one was started by
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024 / 1e6
    except (OSError, IndexError, ValueError):
        pass
    try:
        import resource
    except ImportError:
        return None
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size * (1 if sys.platform == "darwin" else 1024) / 1e6
