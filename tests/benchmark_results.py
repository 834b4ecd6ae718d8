"""A benchmark's result with made-up numbers."""

from dataclasses import replace
from typing import Any

from seg2vid_cli.benchmark.document import ChunkTimes, Result, Round

RESULT = Result(
    model="street",
    model_sha256="0" * 64,
    backend="onnx",
    device="cpu",
    precision="fp32",
    height=128,
    width=256,
    frames=21,
    batch=1,
    load_s=0.5,
    first_frame_ms=100,
    chunk_ms=ChunkTimes(200, 300),
    frames_per_s=20,
    end_to_end_frames_per_s=10,
    peak_memory_mb=300,
    device_memory_mb=None,
    gflop_per_frame=4,
    peak_gflops=200,
    peak_fraction=0.4,
    max_difference=1,
    reference="torch",
    rounds=(Round(20, 200), Round(20, 200)),
)


def make_result(**changes: Any) -> Result:
    """Return RESULT with `changes`."""
    return replace(RESULT, **changes)
