"""The yardstick of `Benchmarked.peak_gflops`: one large convolution, which every runtime does well.

A picture of SHAPE is convolved with CHANNELS filters of 3x3 pixels, padded by 1.
"""

import time
from collections.abc import Callable
from statistics import median
from typing import Final

CHANNELS: Final = 128
SHAPE: Final = 1, CHANNELS, 128, 256
GFLOP: Final = 2 * CHANNELS**2 * 9 * 128 * 256 / 1e9
"""Of one run, two for a multiply-add."""

FEWEST_RUNS, MOST_RUNS, SECONDS = 3, 50, 0.25

FLOAT, FLOAT16 = 1, 10
"""Types of values in ONNX files."""
_GRAPH = (  # test_peak.py tells what it says
    b'\x08\x08:\xe8\x01\n*\x12\x01s"\x08Constant*\x19\n\nvalue_ints@\x80\x01@\x80\x01@\x03@\x03\xa0\x01\x07:\x00\n3\n\x01'
    b's\x12\x01f"\x0fConstantOfShape*\x18\n\x05value*\x0c\x08\x01\x10\x01"\x04\n\xd7#<B\x00\xa0\x01\x04:\x00\n\x19\n\x01f'
    b'\x12\x01w"\x04Cast*\t\n\x02to\x18%c\xa0\x01\x02:\x00\n$\n\x01x\n\x01w\x12\x01y"\x04Conv*\x11\n\x04pads@\x01@\x01@\x01'
    b"@\x01\xa0\x01\x07:\x00\x12\x04peakZ\x1e\n\x01x\x12\x19\n\x17\x08%c\x12\x13\n\x02\x08\x01\n\x03\x08\x80\x01\n\x03\x08"
    b"\x80\x01\n\x03\x08\x80\x02b\x1e\n\x01y\x12\x19\n\x17\x08%c\x12\x13\n\x02\x08\x01\n\x03\x08\x80\x01\n\x03\x08\x80\x01"
    b"\n\x03\x08\x80\x02B\x04\n\x00\x10\x12"
)


def convolution_graph(value_type: int = FLOAT) -> bytes:
    """Return an ONNX file that makes y of x; its weights are one number, spread when it is loaded."""
    return _GRAPH % (value_type, value_type, value_type)


def measure_gflops(run: Callable[[], object]) -> float:
    """Return the GFLOP/s of the median run; `run` does the convolution once and waits for its end."""
    run()  # what is done once, such as packing the weights
    seconds: list[float] = []
    while len(seconds) < FEWEST_RUNS or (sum(seconds) < SECONDS and len(seconds) < MOST_RUNS):
        began = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - began)
    return GFLOP / median(seconds)
