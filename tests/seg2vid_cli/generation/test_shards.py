"""Parts of a job, and the same clips whichever part they are in."""

import json
from pathlib import Path

import pytest

from seg2vid_cli.generation.shards import Shard, parse_shard
from seg2vid_interface.errors import UsageError

KUBERNETES = {"JOB_COMPLETION_INDEX": "2"}
SLURM = {
    "SLURM_ARRAY_TASK_ID": "5",
    "SLURM_ARRAY_TASK_COUNT": "4",
    "SLURM_ARRAY_TASK_MIN": "1",
    "SLURM_ARRAY_TASK_MAX": "7",
    "SLURM_ARRAY_TASK_STEP": "2",
}


@pytest.mark.parametrize(
    ("text", "environment", "shard"),
    [
        ("1/1", {}, Shard(1, 1)),
        ("4/4", {}, Shard(4, 4)),
        ("env/4", KUBERNETES, Shard(3, 4)),
        ("env", KUBERNETES | {"JOB_COMPLETION_COUNT": "5"}, Shard(3, 5)),
        ("env/9", KUBERNETES | {"JOB_COMPLETION_COUNT": "5"}, Shard(3, 9)),
        ("env", SLURM, Shard(3, 4)),
        ("env/8", SLURM, Shard(6, 8)),
        ("env", {**SLURM, **KUBERNETES, "JOB_COMPLETION_COUNT": "3"}, Shard(3, 3)),
    ],
)
def test_what_is_meant(text, environment, shard):
    assert parse_shard(text, environment) == shard


@pytest.mark.parametrize(
    ("text", "environment", "message"),
    [
        ("5/4", {}, "--shard 5/4: there is no shard 5 of 4"),
        ("0/4", {}, "--shard 0/4: there is no shard 0 of 4"),
        ("1/0", {}, "--shard 1/0: there must be 1 to 1,000,000,000 shards"),
        ("x", {}, "--shard x: neither I/N nor env nor env/N"),
        ("3", {}, "--shard 3: neither I/N nor env nor env/N"),
        ("", {}, "--shard : neither I/N nor env nor env/N"),
        ("env", {}, "--shard env: neither JOB_COMPLETION_INDEX (Kubernetes) nor SLURM_ARRAY_TASK_ID (SLURM) is set"),
        ("env", KUBERNETES, "--shard env: JOB_COMPLETION_INDEX is set, but not JOB_COMPLETION_COUNT"),
        ("env/2", KUBERNETES, "--shard env/2: there is no shard 3 of 2"),
        ("env/2", {"JOB_COMPLETION_INDEX": "one"}, "--shard env/2: JOB_COMPLETION_INDEX is 'one', no number"),
        (
            "env",
            {"SLURM_ARRAY_TASK_ID": "1"},
            "--shard env: SLURM_ARRAY_TASK_ID is set, but not SLURM_ARRAY_TASK_COUNT",
        ),
        (
            "env",
            SLURM | {"SLURM_ARRAY_TASK_COUNT": "2"},
            "--shard env: the SLURM array has gaps, so its tasks are not all parts of a whole",
        ),
        (
            "env",
            SLURM | {"SLURM_ARRAY_TASK_COUNT": "1", "SLURM_ARRAY_TASK_MIN": "5", "SLURM_ARRAY_TASK_MAX": "5"},
            "--shard env: the SLURM array begins at 5, so its tasks are not all parts of a whole",
        ),
    ],
)
def test_what_is_refused(text, environment, message):
    with pytest.raises(UsageError) as raised:
        parse_shard(text, environment)
    assert raised.value.message == message
    assert raised.value.hint


def test_parts_are_a_whole_and_of_nearly_one_size():
    parts = [list(Shard(number, 4).of(range(10))) for number in range(1, 5)]
    assert parts == [[0, 4, 8], [1, 5, 9], [2, 6], [3, 7]]


@pytest.mark.usefixtures("fake_backends")
def test_the_same_clips_whichever_part_they_are_in(seg2vid, model, street, monkeypatch):
    Path("maps").mkdir()
    for name in "abcde":
        Path(f"maps/{name}.png").write_bytes(street.read_bytes())
    flags = ("generate", "maps", "--model", model, "--samples", 2, "--frames", 3)
    assert seg2vid(*flags, "-o", "whole/").exit_code == 0
    made = []
    for number in range(1, 8):
        result = seg2vid(*flags, "-o", "parts/", "--shard", f"{number}/7", "--json")
        assert result.exit_code == 0, result.stderr
        made.append(len(json.loads(result.stdout)["data"]["outputs"]))
    assert made == [2, 2, 2, 2, 2, 0, 0]
    assert result.stderr == "maps: 5 label maps\nshard 7/7: 0 of 5 inputs, so there is nothing to make\n"
    whole, parts = ({path.name: path.read_bytes() for path in Path(folder).iterdir()} for folder in ("whole", "parts"))
    assert parts == whole

    monkeypatch.setenv("JOB_COMPLETION_INDEX", "4")
    result = seg2vid(*flags, "-o", "parts/", "--shard", "env/7", "--skip-existing")
    assert result.stderr.splitlines()[1:] == [
        "shard 5/7: 1 of 5 inputs",
        "skipped 2 of 2 results, which are there already",
    ]


@pytest.mark.usefixtures("fake_backends")
def test_names_that_clash_are_refused_in_every_part(seg2vid, model, street):
    for name in ("a", "b"):
        Path(name).mkdir()
        Path(f"{name}/map.png").write_bytes(street.read_bytes())
    result = seg2vid("generate", "a/map.png", "b/map.png", "--model", model, "-o", "new/", "--shard", "1/2")
    assert result.exit_code == 2
    assert "both results would be called map" in result.stderr


@pytest.mark.parametrize("flags", [("--shard", "5/4"), ("--batch", "0"), ("--batch", "many")])
def test_wrong_usage_is_found_before_anything_is_opened(seg2vid, flags):
    result = seg2vid("generate", "no-such.png", "--model", "no-such", *flags)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"error: {' '.join(flags)}: ")
