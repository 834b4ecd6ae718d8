"""Threads for a CPU: no more than affinity and a container's quota allow."""

import os

import pytest

from seg2vid_interface import cores
from seg2vid_interface.cores import available_cores, limit_cores
from seg2vid_interface.places import Place


@pytest.fixture(autouse=True)
def _eight_cores(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"cpu.max": "200000 100000\n"}, 2),
        ({"cpu.max": "250000 100000\n"}, 3),
        ({"cpu.max": "50000 100000\n"}, 1),
        ({"cpu.max": "1600000 100000\n"}, 8),
        ({"cpu.max": "max 100000\n"}, 8),
        ({"quota": "150000\n", "period": "100000\n"}, 2),
        ({"quota": "-1\n", "period": "100000\n"}, 8),
        ({"cpu.max": "damaged"}, 8),
        ({}, 8),
    ],
)
def test_a_quota_limits_the_threads(files, expected, tmp_path, monkeypatch):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(
        cores, "CGROUP_FILES", ((str(tmp_path / "cpu.max"),), (str(tmp_path / "quota"), str(tmp_path / "period")))
    )
    assert available_cores() == expected


@pytest.mark.parametrize(("limit", "expected"), [(1, 1), (3, 3), (9, 8), (None, 8)])
def test_a_process_may_limit_itself(limit, expected, monkeypatch):
    monkeypatch.setattr(cores, "CGROUP_FILES", ())
    limit_cores(limit)
    try:
        assert available_cores() == expected
    finally:
        limit_cores(None)


def test_processes_that_train_together_share_a_machines_cores(monkeypatch):
    monkeypatch.setattr(cores, "CGROUP_FILES", ())
    monkeypatch.setattr(cores, "find_place", lambda: Place(count=6, local_count=3))
    assert available_cores() == 2
    monkeypatch.setattr(cores, "find_place", lambda: Place(count=16, local_count=16))
    assert available_cores() == 1
