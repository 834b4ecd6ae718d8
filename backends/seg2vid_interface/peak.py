"""The yardstick of `Benchmarked.peak_gflops`: one large convolution, which every runtime does well.

A picture (1, CHANNELS, HEIGHT, WIDTH) is convolved with weights (CHANNELS, CHANNELS, 3, 3), padded by 1.
"""

import time
from collections.abc import Callable
from statistics import median
from typing import Final

CHANNELS: Final = 128
HEIGHT: Final = 128
WIDTH: Final = 256
KERNEL: Final = 3
WEIGHT: Final = 0.01
"""The value of all weights; how fast it goes does not depend on it."""
GFLOP: Final = 2 * CHANNELS**2 * KERNEL**2 * HEIGHT * WIDTH / 1e9
"""Of one run, two for a multiply-add."""

FEWEST_RUNS, MOST_RUNS = 3, 50
SECONDS = 0.25


def measure_gflops(run: Callable[[], object]) -> float:
    """Return the GFLOP/s of the median run; `run` does the convolution once and waits for its end."""
    run()  # what is done once, such as packing the weights
    seconds: list[float] = []
    while len(seconds) < FEWEST_RUNS or (sum(seconds) < SECONDS and len(seconds) < MOST_RUNS):
        began = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - began)
    return GFLOP / median(seconds)
