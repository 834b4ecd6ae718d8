"""How much each worker made, and how fast."""

from types import SimpleNamespace
from typing import Any

from seg2vid_cli.generation.made import FailedInput, MadeClip, Message
from seg2vid_cli.generation.ray_engine.messages import BlockMade
from seg2vid_cli.generation.ray_engine.worker_report import table
from seg2vid_cli.generation.ray_engine.worker_reports import WorkerReports
from seg2vid_cli.inputs.scenes import Input
from seg2vid_interface.errors import ImageError


def block(worker: str, process: int, seconds: float, clips: int, failures: int = 0) -> BlockMade:
    clip: Any = SimpleNamespace(frames=24)
    failed = FailedInput(Input(None, None), ImageError("?"), 24)
    made = (Message("found"), *[MadeClip(clip)] * clips, *[failed] * failures)
    return BlockMade(1, worker, f"host{process}", process, seconds, made)


def test_a_worker_that_was_replaced_is_the_same_worker():
    reports = WorkerReports()
    blocks = (block("b", 7, 2, 1), block("a", 8, 0, 0, 1), block("b", 9, 2.00049, 2, 1), block("b", 9, 0, 0, 1))
    for one in blocks:
        reports.add(one)
    assert [report.data() for report in reports.list()] == [
        {"worker": 1, "host": "host9", "clips": 3, "frames": 72, "failures": 2, "replaced": 1}
        | {"seconds": 4.0, "frames_per_s": 18.0},
        {"worker": 2, "host": "host8", "clips": 0, "frames": 0, "failures": 1, "replaced": 0}
        | {"seconds": 0, "frames_per_s": None},
    ]
    assert table(reports.list()) == {
        "worker": ["1", "2"],
        "host": ["host9", "host8"],
        "made\nclips": ["3", "0"],
        "failed\nclips": ["2", "1"],
        "replaced\ntimes": ["1", "0"],
        "speed\nframes/s": ["18.00", "-"],
    }
