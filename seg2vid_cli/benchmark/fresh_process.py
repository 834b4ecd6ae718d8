"""Starting a row in a process of its own: how long it takes to open, and how much memory to make a clip."""

import signal
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path

from seg2vid_cli.benchmark.machine import gpu_memory_mb
from seg2vid_cli.benchmark.rows import Row, chunk_seconds, sample_requests
from seg2vid_cli.plugins import load_backend
from seg2vid_cli.terminal.console import Console
from seg2vid_interface.backend import OpenOptions
from seg2vid_interface.errors import BackendError, Seg2VidError
from seg2vid_interface.model_card import ModelFolder

CHUNKS = 2
"""Of the clip; a longer one needs no more memory."""


def start_rows(rows: Sequence[Row], times: int, console: Console) -> None:
    """Start every row `times` times, in turn.  Raises BackendError where a process fails."""
    ignore_interrupts = signal.signal, (signal.SIGINT, signal.SIG_IGN)  # which come to this process as well
    with console.progress("starting", times * len(rows), "processes") as bar:
        for number in range(times * len(rows)):
            row = rows[number % len(rows)]
            with ProcessPoolExecutor(1, get_context("spawn"), *ignore_interrupts) as pool:
                chunks = CHUNKS if row.frames > 1 else 0
                task = pool.submit(_start, row.model, row.backend.name, row.options, len(row.requests), chunks)
                try:
                    row.starts.append(task.result())
                except (Seg2VidError, BrokenProcessPool) as error:
                    name = row.backend.name
                    raise BackendError(f"backend {name}: fails in a process of its own: {error}") from error
            bar.advance(number + 1)


def _start(
    model: ModelFolder, backend: str, options: OpenOptions, batch: int, chunks: int
) -> tuple[float, float | None, float | None]:
    """Open the model and make a batch of clips, in the process that this is called in.

    Returns:
        The seconds of opening it, the import of the runtime included (graphs are in the cache by then), the MB that the
        process took at most, None on Windows, and what it added on the GPU, None on a CPU or without nvidia-smi.
    """
    before, runtime, began = gpu_memory_mb(options.device), load_backend(backend), time.perf_counter()
    with runtime.open(model, options) as session:
        load_s = time.perf_counter() - began
        frames = 1 + chunks * session.chunk_frames
        chunk_seconds(session, sample_requests(session, model.card, frames=frames, batch=batch))
        after = gpu_memory_mb(options.device)
    return load_s, _peak_memory_mb(), None if before is None or after is None else after - before


def _peak_memory_mb() -> float | None:
    """Return the most memory that this process has held so far; None where there is no way to know."""
    if sys.platform == "linux":  # where getrusage tells of the process that this one was started by as well
        return int(Path("/proc/self/status").read_text(encoding="ascii").partition("VmHWM:")[2].split()[0]) * 1024 / 1e6
    if sys.platform == "win32":
        return None
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6
