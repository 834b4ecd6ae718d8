"""Starting a row in a process of its own: how long it takes to open, and how much memory to make a clip.

`python -m seg2vid_cli.benchmark.fresh_process` is that process: it reads an `Order` from stdin as JSON, and prints what
it found on stdout, likewise.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from seg2vid_cli.benchmark.machine import gpu_memory_mb
from seg2vid_cli.benchmark.rows import Row
from seg2vid_cli.terminal.console import Console
from seg2vid_interface.errors import BackendError

MODULE = "seg2vid_cli.benchmark.fresh_process"
CHUNKS = 2
"""Of the clip; a longer one needs no more memory."""


@dataclass(frozen=True)
class Order:
    """What the process is to do."""

    model: str
    """The folder."""
    backend: str
    device: str
    precision: str
    size: tuple[int, int]
    batch: int
    chunks: int
    cache: str | None


@dataclass(frozen=True)
class Start:
    """What it found."""

    load_s: float
    """Opening the model once more, the import of the runtime included: graphs are in the cache by then."""
    memory_mb: float | None
    """The most that the process took; None on Windows."""
    device_memory_mb: float | None
    """What it added on the GPU; None on a CPU, or without nvidia-smi."""


def start_rows(rows: Sequence[Row], times: int, console: Console) -> list[Start]:
    """Start every row `times` times, in turn; return the medians.  Raises BackendError where a process fails."""
    starts: list[list[Start]] = [[] for _ in rows]
    with console.progress("starting", times * len(rows), "processes") as bar:
        for number in range(times):
            for index, row in enumerate(rows):
                starts[index].append(_start(row))
                bar.advance(number * len(rows) + index + 1)
    return [_median(of_row) for of_row in starts]


def _start(row: Row) -> Start:
    chunks = CHUNKS if row.frames > 1 else 0
    options, size = row.options, (row.session.height, row.session.width)
    order = Order(
        model=str(row.model.path),
        backend=row.backend.name,
        device=options.device,
        precision=options.precision,
        size=size,
        batch=len(row.requests),
        chunks=chunks,
        cache=None if options.cache is None else str(options.cache),
    )
    process = subprocess.run(
        [sys.executable, "-P", "-m", MODULE],
        input=json.dumps(asdict(order)),
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},  # the very same packages
        check=False,
    )
    if process.returncode:
        reason = (process.stderr.strip().splitlines() or [f"exit code {process.returncode}"])[-1]
        raise BackendError(f"backend {row.backend.name}: fails in a process of its own: {reason}")
    return Start(**json.loads(process.stdout.splitlines()[-1]))


def _median(starts: Sequence[Start]) -> Start:
    return Start(
        median(start.load_s for start in starts),
        _median_known([start.memory_mb for start in starts]),
        _median_known([start.device_memory_mb for start in starts]),
    )


def _median_known(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _measure(order: Order) -> Start:
    from seg2vid_cli.benchmark.clips import sample_requests, time_clips
    from seg2vid_cli.plugins import load_backend
    from seg2vid_interface.backend import OpenOptions
    from seg2vid_interface.model_card import ModelFolder, read_card

    model = ModelFolder(Path(order.model), read_card(Path(order.model)))
    backend, before = load_backend(order.backend), gpu_memory_mb(order.device)
    began = time.perf_counter()
    cache = None if order.cache is None else Path(order.cache)
    with backend.open(model, OpenOptions(order.device, order.precision, order.size, cache)) as session:
        load_s = time.perf_counter() - began
        frames = 1 + order.chunks * session.chunk_frames
        time_clips(session, sample_requests(session, model.card, frames=frames, batch=order.batch))
        after = gpu_memory_mb(order.device)
    added = None if before is None or after is None else after - before
    return Start(load_s, _peak_memory_mb(), added)


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


def _main() -> None:
    words: dict[str, Any] = json.load(sys.stdin)
    start = _measure(Order(**words | {"size": tuple(words["size"])}))
    sys.stdout.write(json.dumps(asdict(start)) + "\n")


if __name__ == "__main__":
    _main()
