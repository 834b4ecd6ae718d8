"""A benchmark's result with numbers that are easy to tell apart; its other keys are those of the baseline of .ci."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from seg2vid_cli.benchmark.document import ChunkTimes, Document, Result, Round

BASELINE = Path(__file__).parents[1] / ".ci" / "baseline.json"
RESULT = TypeAdapter(Document).validate_json(BASELINE.read_text()).results[0]  # street on onnx, cpu, fp32
SPEEDS = {"frames_per_s": 20, "end_to_end_frames_per_s": 10, "peak_fraction": 0.4, "rounds": (Round(20, 200),) * 2}


def make_result(**changes: Any) -> Result:
    """Return a result that differs from these in `changes`."""
    return replace(RESULT, **{"first_frame_ms": 100, "chunk_ms": ChunkTimes(200, 300)} | SPEEDS | changes)
