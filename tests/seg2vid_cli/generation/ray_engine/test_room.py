"""How many workers a cluster has room for."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from seg2vid_cli.generation.ray_engine.messages import Ready
from seg2vid_cli.generation.ray_engine.request import RayRequest
from seg2vid_cli.generation.ray_engine.room import find_room
from seg2vid_interface.errors import Seg2VidError


def job(device: str = "auto", threads: int = 1, clips: int = 1000, **ray: Any) -> Any:
    request = SimpleNamespace(options=SimpleNamespace(device=device))
    return SimpleNamespace(ray=replace(RayRequest("head:6379"), **ray), threads=threads, clips=clips, request=request)


@pytest.mark.parametrize(
    ("job", "machines", "expected"),
    [
        (job(), [{"CPU": 4}, {"CPU": 2}], Ready(6, 0)),
        (job(threads=3), [{"CPU": 4}, {"CPU": 2}], Ready(1, 0)),
        (job(clips=2), [{"CPU": 4}], Ready(2, 0)),
        (job(workers=3), [{"CPU": 4}], Ready(3, 0)),
        (job(workers=3, clips=1), [{"CPU": 4}], Ready(1, 0)),
        (job(), [{"CPU": 16, "GPU": 2}, {"CPU": 16}], Ready(2, 1)),
        (job(), [{"CPU": 1, "GPU": 2}, {}], Ready(1, 1)),
        (job("cpu"), [{"CPU": 16, "GPU": 2}], Ready(16, 0)),
        (job(gpus_per_worker=0), [{"CPU": 16, "GPU": 2}], Ready(16, 0)),
        (job("cuda", gpus_per_worker=0.1), [{"CPU": 64, "GPU": 2}], Ready(20, 0.1)),
        (job(gpus_per_worker=0.4), [{"CPU": 64, "GPU": 2}], Ready(4, 0.4)),
        (job(gpus_per_worker=2), [{"CPU": 64, "GPU": 3}], Ready(1, 2)),
    ],
)
def test_as_many_workers_as_there_is_room_for(job, machines, expected):
    assert find_room(job, machines) == expected


@pytest.mark.parametrize(
    ("job", "machines", "code", "message", "hint"),
    [
        (
            job(workers=7),
            [{"CPU": 4}, {"CPU": 2}],
            "usage",
            "--workers 7: the Ray cluster has room for 6 workers of 1 CPU",
            "Ask for --workers 6 or fewer.",
        ),
        (
            job(workers=2, threads=2, address=None),
            [{"CPU": 2}],
            "usage",
            "--workers 2: this machine has room for 1 worker of 2 CPUs",
            "Ask for --workers 1 or fewer, or for fewer --threads.",
        ),
        (
            job(threads=4),
            [{"CPU": 2}],
            "usage",
            "--engine ray: the Ray cluster has room for no workers of 4 CPUs",
            "Ask for fewer --threads.",
        ),
        (
            job(),
            [{}],
            "usage",
            "--engine ray: the Ray cluster has room for no workers of 1 CPU",
            "Add machines to the cluster, or use --engine local.",
        ),
        (
            job(workers=2),
            [{"CPU": 9, "GPU": 1}],
            "usage",
            "--workers 2: the Ray cluster has room for 1 worker of 1 CPU and 1 GPU",
            "Ask for --workers 1 or fewer.",
        ),
        (
            job("cuda"),
            [{"CPU": 2}],
            "device",
            "--device cuda: the Ray cluster has no GPU",
            "Use --device cpu, or auto.",
        ),
        (
            job(gpus_per_worker=0.5, address=None),
            [{"CPU": 2, "GPU": 0}],
            "device",
            "--gpus-per-worker 0.5: this machine has no GPU",
            "Leave it out.",
        ),
    ],
)
def test_workers_that_would_be_waited_for_without_end(job, machines, code, message, hint):
    with pytest.raises(Seg2VidError) as raised:
        find_room(job, machines)
    assert (raised.value.code, raised.value.message, raised.value.hint) == (code, message, hint)
