"""The flags that say who makes clips: which of them do not go together, and how that is told."""

import pytest

from seg2vid_cli.commands.engines import check_files_alone, parse_engine
from seg2vid_cli.generation.ray_engine.request import RayRequest
from seg2vid_interface.errors import UsageError


def parse(engine: str = "ray", **flags: object) -> RayRequest | None:
    return parse_engine(engine, **{"address": None, "workers": None, "gpus_per_worker": None, "device": "auto"} | flags)


@pytest.fixture(autouse=True)
def _no_address(monkeypatch):
    monkeypatch.delenv("RAY_ADDRESS", raising=False)


def test_what_is_asked_of_ray(monkeypatch):
    assert parse("local") is None
    assert parse() == RayRequest()
    flags = {"address": "[::1]:6379", "workers": 3, "gpus_per_worker": 0.5}
    assert parse(**flags) == RayRequest("[::1]:6379", 3, 0.5)
    assert parse(address="auto", gpus_per_worker=2.0, device="cuda") == RayRequest("auto", None, 2)
    monkeypatch.setenv("RAY_ADDRESS", "head.example:6379")
    assert (parse(), parse("local")) == (RayRequest("head.example:6379"), None)
    assert parse(address="local") == RayRequest()


@pytest.mark.parametrize(
    ("flags", "message", "hint"),
    [
        ({"workers": 0}, "--workers 0: must be 1 or more", None),
        (
            {"engine": "local", "workers": 2},
            "--workers 2: there are no workers without Ray",
            "Add --engine ray.",
        ),
        (
            {"engine": "local", "address": "head:6379"},
            "--ray-address head:6379: there are no workers without Ray",
            "Add --engine ray.",
        ),
        (
            {"engine": "local", "gpus_per_worker": 1.0},
            "--gpus-per-worker 1: there are no workers without Ray",
            "Add --engine ray.",
        ),
        ({"address": "head"}, "--ray-address head: not HOST:PORT", "For example 10.0.0.1:6379."),
        ({"address": "head:65536"}, "--ray-address head:65536: not HOST:PORT", "For example 10.0.0.1:6379."),
        (
            {"address": "ray://head:10001"},
            "--ray-address ray://head:10001: is for programs that are not on the cluster, where workers could not "
            "see files",
            "Start the command on a machine of the cluster, with HOST:PORT of its head.",
        ),
        (
            {"gpus_per_worker": 1.5},
            "--gpus-per-worker 1.5: neither a part of one nor a whole number",
            "For example 0.5, or 1.",
        ),
        (
            {"gpus_per_worker": -1.0},
            "--gpus-per-worker -1: neither a part of one nor a whole number",
            "For example 0.5, or 1.",
        ),
        (
            {"gpus_per_worker": float("nan")},
            "--gpus-per-worker nan: neither a part of one nor a whole number",
            "For example 0.5, or 1.",
        ),
        (
            {"gpus_per_worker": 1.0, "device": "cpu"},
            "--gpus-per-worker 1: contradicts --device cpu",
            "Leave one out.",
        ),
        (
            {"gpus_per_worker": 0.0, "device": "cuda"},
            "--gpus-per-worker 0: contradicts --device cuda",
            "Leave one out.",
        ),
        ({"device": "cuda:1"}, "--device cuda:1: Ray gives each worker its GPU", "Say --device cuda."),
    ],
)
def test_flags_that_say_nothing_or_contradict_each_other(flags, message, hint):
    with pytest.raises(UsageError) as raised:
        parse(**flags)
    assert (raised.value.message, raised.value.hint) == (message, hint)


@pytest.mark.parametrize(
    ("labels", "out", "message"),
    [
        (["a.png"], "-", "-o -: Ray's workers write files"),
        (["a.png", "-"], "clips/", "LABEL -: Ray's workers read files"),
    ],
)
def test_workers_have_no_streams(labels, out, message):
    with pytest.raises(UsageError) as raised:
        check_files_alone(labels, out)
    assert raised.value.message == message
    check_files_alone(["./-"], "clips/")
