"""The process in which Ray is: takes windows of blocks from standard input, and tells what became of them.

    python -m seg2vid_cli.generation.ray_engine.driver

Both streams hold pickles: a `Job`, then lists of `Block`s one way, `Event`s the other.  What Ray prints goes nowhere,
or to standard error where that leads somewhere.  At the end of standard input, that is when the command ends or is
killed, everything ends.
"""

import _thread
import os
import pickle
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from typing import Any, BinaryIO, Final

from seg2vid_cli.generation.ray_engine.connecting import connected, silence_usage
from seg2vid_cli.generation.ray_engine.messages import (
    Answered,
    Block,
    BlockMade,
    Event,
    Failed,
    Job,
    Ready,
    WindowMade,
)
from seg2vid_cli.generation.ray_engine.room import find_room
from seg2vid_cli.generation.ray_engine.worker import INPUT, OUTPUT, Ledger, Worker
from seg2vid_interface.cores import available_cores
from seg2vid_interface.devices import gpu_count
from seg2vid_interface.errors import BackendError, Seg2VidError

PATIENCE: Final = 8
"""Seconds that Ray may take to end when nobody wants more of it."""
MOST_DEATHS_WHILE_STARTING: Final = 3
"""Of workers one after another, before the run is given up."""


def main() -> None:
    """Serve one run."""
    silence_usage()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell may have had ignored
    events = _claim_standard_output()
    windows: SimpleQueue[Any] = SimpleQueue()
    stdin = open(sys.stdin.fileno(), "rb", closefd=False)  # noqa: SIM115  # Python's own would be waited for
    threading.Thread(target=_read, args=(stdin, windows), daemon=True).start()

    def tell(event: Event) -> None:
        pickle.dump(event, events)
        events.flush()

    job: Job | None = windows.get()
    if job is None:
        return
    try:
        _serve(job, iter(windows.get, None), tell)
    except (KeyboardInterrupt, BrokenPipeError):
        pass
    except Seg2VidError as error:
        tell(Failed(error))
    finally:
        shutil.rmtree(job.temporary, ignore_errors=True)  # nobody else may be left to do it


def _serve(job: Job, windows: Iterator[list[Block]], tell: Callable[[Event], None]) -> None:
    machine = {"CPU": available_cores(), "GPU": gpu_count()}
    if job.ray.address is None:
        find_room(job, [machine])  # before the seconds that Ray takes to start
    with connected(job, machine, lambda: tell(Answered())):
        import ray

        ready = find_room(job, (node["Resources"] for node in ray.nodes() if node["Alive"]))
        tell(ready)
        for window in windows:
            try:
                for made in _make(job, ready, window):
                    tell(made)
            except ray.exceptions.RayError as error:
                raise BackendError(_text(error), _REMEDY) from error
            tell(WindowMade())


def _make(job: Job, ready: Ready, window: list[Block]) -> Iterator[BlockMade]:
    """Let workers make blocks; yield what became of them, in the order in which they are done."""
    import ray
    import ray.data

    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    context.max_consecutive_actor_init_deaths = MOST_DEATHS_WHILE_STARTING
    ledger = ray.remote(Ledger).options(num_cpus=0, max_restarts=-1, max_task_retries=-1).remote()
    rows = [{INPUT: pickle.dumps(block)} for block in window]
    results = ray.data.from_items(rows, override_num_blocks=len(rows)).map_batches(
        Worker,
        fn_constructor_args=(job, ledger),
        batch_size=1,
        compute=ray.data.ActorPoolStrategy(size=ready.workers, max_tasks_in_flight_per_actor=2),
        num_cpus=job.threads,
        num_gpus=ready.gpus_per_worker,
    )
    for row in results.iter_rows():
        yield pickle.loads(row[OUTPUT])


def _read(stream: BinaryIO, windows: "SimpleQueue[Any]") -> None:
    """Put what comes into the queue; at the end, or when the other process was killed, let this one end."""
    try:
        while True:
            windows.put(pickle.load(stream))
    except (EOFError, OSError, pickle.UnpicklingError):
        windows.put(None)
        _interrupt()
    time.sleep(PATIENCE)
    os._exit(1)


def _interrupt() -> None:
    """Raise KeyboardInterrupt in the main thread, even where it waits for something."""
    if sys.platform == "win32":
        _thread.interrupt_main()
    elif main_thread := threading.main_thread().ident:
        signal.pthread_kill(main_thread, signal.SIGINT)


def _claim_standard_output() -> BinaryIO:
    """Return the stream for events; nothing else gets into it."""
    events = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return events


_REMEDY = "Is seg2vid installed on every machine of the cluster, with the same backends?  --debug shows what Ray says."


def _text(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"Ray's workers fail: {(lines or [type(error).__name__])[-1]}"


if __name__ == "__main__":
    main()
