"""Trainings that torchrun starts: their losses, files, messages and exit codes, and how they end."""

import json
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
import torch

from seg2vid_interface.backend import TrainingRequest
from seg2vid_torch.backend import TorchBackend
from seg2vid_torch.training.checkpoint import read_checkpoint
from several_processes import PATIENCE, at_slow_rates, cases, command_line, expect_equal_losses, start_torchrun

SLOW = pytest.mark.slow
FAILING = """\
import sys
import time
from seg2vid_cli.__main__ import main
from seg2vid_interface.places import find_place
from seg2vid_torch.training.labels_stage import LabelsStage
step, rank = LabelsStage.step, find_place().rank
def failing(self, number, progress):
    if number == 1 and rank == {rank}:
        {fault}
    if number == 1 and {waits}:
        time.sleep(600)
    return step(self, number, progress)
LabelsStage.step = failing
main()
"""
MEMORY, DEFECT = "import torch; raise torch.OutOfMemoryError('CUDA out of memory')", "raise KeyError('a defect')"


@pytest.fixture(scope="module")
def found(clips, tmp_path_factory):
    """What can be trained, by name."""
    return cases(clips, tmp_path_factory.mktemp("frozen"))


def run_torchrun(program, cwd) -> subprocess.CompletedProcess[str]:
    process = start_torchrun(2, program, cwd=cwd)
    try:
        output, errors = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    return subprocess.CompletedProcess(process.args, process.returncode, output, errors)


def metrics_of(run: Path) -> list[dict[str, float]]:
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    for line in lines:
        assert line.pop("samples_per_second") > 0
    return lines


def train_alone(case, out: Path, **settings: str):
    stage, preset, tiny, data = case
    request = TrainingRequest(stage, (data,), out, preset=preset, settings={**tiny, **settings}, device="cpu")
    return TorchBackend().train(request, Silent())


class Silent:
    def begin(self, **what):
        self.begun = what

    def advance(self, **what):
        pass

    def stop_requested(self):
        return False


def exit_code(errors: str) -> int:
    """Return that of the process which ended first, as torchrun reports it; others it may have ended itself."""
    (code,) = re.findall(r"Root Cause .*\n(?:.*\n){4} +exitcode +: (-?\d+) ", errors)
    return int(code)


def errors_told(errors: str) -> list[str]:
    return [line for line in errors.splitlines() if line.startswith("error: ")]


@pytest.mark.parametrize(
    ("name", "steps"),
    [("labels", 3), *(pytest.param(name, 20, marks=SLOW) for name in ("image", "pix2pixhd", "key frames", "paper"))],
)
def test_two_processes_have_the_losses_of_one_which_goes_on_from_theirs(found, tmp_path, name, steps):
    case, slow = found[name], at_slow_rates(name)
    if name == "paper":
        slow |= {"weights.perceptual": "0"}  # which takes most of the time
    train_alone(case, tmp_path / "alone", steps=str(steps), **slow)
    words = command_line(case, tmp_path / "both", steps=str(steps), **slow)
    ended = run_torchrun(["-m", "seg2vid_cli", *words], tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == f"{tmp_path / 'both'}\n"
    assert ended.stderr.count(f"step {steps} of {steps}, ") == 1
    alone, both = metrics_of(tmp_path / "alone"), metrics_of(tmp_path / "both")
    assert len(alone) == len(both) == steps
    for one, other in zip(alone, both, strict=True):
        validated = {key for key in one if key.startswith("val_") or key == "right"}
        expect_equal_losses(*({k: v for k, v in line.items() if k not in validated} for line in (other, one)))
        assert validated <= other.keys()
    kept = [read_checkpoint(tmp_path / run / "checkpoint.pt") for run in ("alone", "both")]
    assert kept[0].keys() == kept[1].keys()
    for part in ("networks", "averaged"):
        shapes = [{name: value.shape for name, value in state[part].items()} for state in kept]
        assert shapes[0] == shapes[1]
    result = train_alone(case, tmp_path / "both", steps=str(steps + 1), **slow)
    assert (result.step, result.finished) == (steps + 1, True)
    assert [line["step"] for line in metrics_of(tmp_path / "both")] == list(range(1, steps + 2))


@SLOW
def test_what_one_process_began_two_finish(found, tmp_path):
    slow = at_slow_rates("labels")
    train_alone(found["labels"], tmp_path / "whole", steps="4", **slow)
    train_alone(found["labels"], tmp_path / "run", steps="2", **slow)
    words = command_line(found["labels"], tmp_path / "run", steps="4", **slow)
    ended = run_torchrun(["-m", "seg2vid_cli", *words, "--json"], tmp_path)
    assert ended.returncode == 0, ended.stderr
    data = json.loads(ended.stdout)["data"]
    assert (data["step"], data["summary"]["processes"]) == (4, 2)
    whole, run = (read_checkpoint(tmp_path / name / "checkpoint.pt")["networks"] for name in ("whole", "run"))
    for name, value in whole.items():
        torch.testing.assert_close(run[name], value, rtol=1e-4, atol=1e-5)


@SLOW
@pytest.mark.parametrize(
    ("settings", "flags", "told", "code"),
    [
        ({"batch": "5"}, [], "error: batch = 5: cannot be shared equally by 2 processes", 2),
        ({}, ["--seed", "-1"], "error: --seed -1: must be between", 2),
        ({}, ["--bogus"], "error: No such option: --bogus", 2),
        ({"learning_rate": "1e30"}, [], "error: step ", 1),
    ],
)
def test_what_all_find_wrong_is_told_once(found, tmp_path, settings, flags, told, code):  # noqa: PLR0917
    words = command_line(found["labels"], tmp_path / "run", steps="6", **settings)
    ended = run_torchrun(["-m", "seg2vid_cli", *words, *flags], tmp_path)
    (error,) = errors_told(ended.stderr)
    assert error.startswith(told)
    assert exit_code(ended.stderr) == code
    assert ended.stdout == ""


@SLOW
def test_a_label_map_that_one_process_reads_stops_both(found, tmp_path):
    stage, preset, tiny, clips = found["labels"]
    data = tmp_path / "data"
    for clip in ("a", "b"):  # each is read by another process
        for kind in ("images", "labels"):
            folder = data / "train" / clip / kind
            folder.mkdir(parents=True)
            for number in range(12):
                source = clips / "train" / "drive" / kind / f"{number:06d}.png"
                (folder / source.name).write_bytes(source.read_bytes())
    damaged = data / "train" / "b" / "images" / "000003.png"
    damaged.write_bytes(damaged.read_bytes()[:200])
    words = command_line((stage, preset, tiny, data), tmp_path / "run", steps="2")
    ended = run_torchrun(["-m", "seg2vid_cli", *words], tmp_path)
    (error,) = errors_told(ended.stderr)
    assert "b/images/000003.png" in error
    assert exit_code(ended.stderr) == 1
    assert not (tmp_path / "run").exists()


@SLOW
@pytest.mark.parametrize("rank", [0, 1])
@pytest.mark.parametrize(
    ("fault", "told"),
    [(MEMORY, "error: out of memory on cpu"), (DEFECT, "error: internal error: KeyError: 'a defect'")],
)
def test_one_that_fails_stops_both_and_says_why(found, tmp_path, rank, fault, told):
    (tmp_path / "program.py").write_text(FAILING.format(rank=rank, fault=fault, waits=False))
    words = command_line(found["labels"], tmp_path / "run", steps="6")
    ended = run_torchrun(["program.py", *words], tmp_path)
    assert errors_told(ended.stderr) == [told]
    assert exit_code(ended.stderr) == 1


@SLOW
def test_one_that_hangs_while_another_fails_is_ended(found, tmp_path):
    (tmp_path / "program.py").write_text(FAILING.format(rank=1, fault=MEMORY, waits="rank == 0"))
    began = time.monotonic()
    ended = run_torchrun(["program.py", *command_line(found["labels"], tmp_path / "run", steps="6")], tmp_path)
    assert time.monotonic() - began < 40
    assert errors_told(ended.stderr) == ["error: out of memory on cpu"]


@SLOW
@pytest.mark.parametrize("rank", [0, 1])
def test_one_that_is_killed_ends_both(found, tmp_path, rank):
    fault = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    (tmp_path / "program.py").write_text(FAILING.format(rank=rank, fault=fault, waits=False))
    ended = run_torchrun(["program.py", *command_line(found["labels"], tmp_path / "run", steps="6")], tmp_path)
    assert errors_told(ended.stderr) == ["error: another process of this training is gone"]


@SLOW
def test_a_signal_saves_and_stops(found, tmp_path):
    run = tmp_path / "run"
    process = start_torchrun(
        2, ["-m", "seg2vid_cli", *command_line(found["labels"], run, steps="100000")], cwd=tmp_path
    )
    try:
        deadline = time.monotonic() + PATIENCE
        while not (run / "metrics.jsonl").exists() or len((run / "metrics.jsonl").read_bytes().splitlines()) < 3:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    step = read_checkpoint(run / "checkpoint.pt")["step"]
    assert step >= 3
    assert errors.count("stopping: saving a checkpoint") == 1
    assert errors.count(f"interrupted: step {step} of 100000 is saved in {run}; the same command goes on from it") == 1
    assert output == ""
