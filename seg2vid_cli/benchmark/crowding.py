"""How much of the processor this program gets: on a crowded machine a comparison says nothing.

Networks lose more to other programs than their share of the cores: as many threads as cores wait for each other after
every layer, and one that has to queue holds up all of them.  How much more depends on the runtime.
"""

import hashlib
import time
from concurrent.futures import ThreadPoolExecutor
from statistics import fmean

from seg2vid_interface.cores import available_cores

ENOUGH = 0.8
"""Share of the cores from which on rows are judged."""
SECONDS = 0.05
WORK = bytes(100_000)  # beyond 2047 bytes hashing runs without Python's lock, so that threads really are parallel


def core_share() -> float:
    """Keep all cores busy for a moment; return the share of them that this program got, 1 on a machine of its own."""
    threads = available_cores()
    with ThreadPoolExecutor(threads) as pool:
        return min(1.0, fmean(pool.map(_work, [SECONDS] * threads)))


def _work(seconds: float) -> float:
    """Return the time spent calculating, divided by the time that it took."""
    began, worked = time.perf_counter(), time.thread_time()
    while time.perf_counter() - began < seconds:
        hashlib.sha256(WORK)
    return (time.thread_time() - worked) / (time.perf_counter() - began)
