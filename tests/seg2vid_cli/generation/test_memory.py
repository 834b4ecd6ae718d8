"""Memory does not grow with the number of label maps; planning them takes next to none."""

import gc
import os
import subprocess
import sys
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest

from seg2vid_cli.generation.plan import GenerationPlan
from seg2vid_cli.generation.request import GenerationRequest
from seg2vid_cli.generation.settings import clip_settings
from seg2vid_cli.generation.shards import Shard
from seg2vid_cli.model_store.store import open_model
from tests.seg2vid_cli.generation.test_making import REQUEST


def lay(street: Path, folder: Path, count: int) -> Path:
    folder.mkdir()
    for number in range(count):
        (folder / f"{number:05d}.png").symlink_to(street)
    return folder


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not say how much memory was taken at most")
def test_it_is_the_same_for_100_and_2000_label_maps(start_seg2vid, model, street, tmp_path):
    peaks = []
    for count in (100, 2000):
        maps = lay(street, tmp_path / f"maps{count}", count)
        flags = ("--model", model, "--quiet", "-o", f"{tmp_path}/clips{count}/")
        process = start_seg2vid("generate", maps, *flags, cwd=tmp_path, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        process.stderr.close()
        assert process.returncode == 0
        peaks.append(usage.ru_maxrss)
    assert peaks[1] < 1.1 * peaks[0]


def traced_bytes() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def traced_plan(request: GenerationRequest) -> tuple[int, int, int]:
    """Return how many clips a plan has, and the bytes that it keeps before and after its tasks were gone through."""
    folder = open_model(request.model)
    settings = clip_settings(request, folder.card)
    GenerationPlan(request, folder.card, settings, lambda _: None)  # what it imports is not counted
    gc.collect()
    tracemalloc.start()
    try:
        plan = GenerationPlan(request, folder.card, settings, lambda _: None)
        before = traced_bytes()
        planned = sum(len(task.outputs) for task in plan.tasks())
        after = traced_bytes()
        del plan
        others = traced_bytes()  # of what other tests left, whose end is told of at some time, which takes memory
    finally:
        tracemalloc.stop()
    return planned, before - others, after - others


@pytest.mark.usefixtures("fake_backends")
def test_a_plan_keeps_little_of_each_label_map(model, street, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    request = replace(REQUEST, labels=(lay(street, Path("maps"), 2000),), model=str(model))
    planned, kept, after = traced_plan(request)
    assert planned == 2000
    assert kept / planned < 800  # bytes; a planned output alone takes as many
    assert after < 1.1 * kept
    of_a_shard, kept_by_a_shard, _ = traced_plan(replace(request, shard=Shard(1, 100)))
    assert of_a_shard == 20
    assert kept_by_a_shard < kept / 4  # nothing of the label maps of other shards
