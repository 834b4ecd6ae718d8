import json
import signal
import sys
import time
from pathlib import Path

import pytest

from seg2vid_cli.commands.train import parse_settings
from seg2vid_interface.errors import UsageError

pytestmark = pytest.mark.usefixtures("fake_backends")


def test_the_run_is_the_result(seg2vid):
    result = seg2vid("train", "image", "--data", "a", "--data", "b", "--out", "run", "--set", "steps=4")
    assert (result.exit_code, result.stdout) == (0, "run\n")
    assert result.stderr == (
        "from step 0, to step 4, device cpu, parameters generator 12,345, rate 0.25\n"
        "step 1 of 4, loss 1, 0:00:00 left\n"
        "step 2 of 4, loss 0.5, 0:00:00 left\n"
        "step 3 of 4, loss 0.3333, 0:00:00 left\n"
        "step 4 of 4, loss 0.25\n"
    )


def test_json(seg2vid):
    result = seg2vid("train", "motion", "--data", "a", "--out", "run", "--set", "steps=4", "--json", "--quiet")
    assert result.stderr == ""
    assert json.loads(result.stdout)["data"] == {
        "run": "run",
        "step": 4,
        "steps": 4,
        "finished": True,
        "metrics": {"loss": 0.25},
        "summary": {"device": "cpu", "parameters": {"generator": 12345}, "rate": 0.25},
    }


def test_a_dry_run_says_what_would_be_trained(seg2vid):
    result = seg2vid("train", "image", "--data", "a", "--out", "run", "--dry-run")
    line = "from step 0, to step 3, device cpu, parameters generator 12,345, rate 0.25\n"
    assert (result.exit_code, result.stdout, result.stderr) == (0, line, "")
    assert not Path("run").exists()


def test_models_that_may_be_begun_from_are_known_by_their_names(seg2vid, monkeypatch):
    from fake_backend import FakeBackend

    requests, train = [], FakeBackend.train
    monkeypatch.setattr(FakeBackend, "train", lambda *args: requests.append(args[1]) or train(*args))
    pulled = Path("../cache/models/mine")
    pulled.mkdir(parents=True)
    assert seg2vid("train", "image", "--data", "a", "--out", "run", "--set", "initial=street").exit_code == 0
    (request,) = requests
    assert request.settings == {"initial": "street"}
    assert request.models["mine"].samefile(pulled)
    assert (request.models["street"] / "model.json").is_file()


def test_parse_settings():
    assert parse_settings(["a=1", "b.c=x=y", "d="]) == {"a": "1", "b.c": "x=y", "d": ""}


def test_a_wrong_device_is_wrong_usage(seg2vid):
    result = seg2vid("train", "image", "--data", "a", "--out", "run", "--device", "gpu")
    assert (result.exit_code, result.stderr) == (
        2,
        "error: --device gpu: unknown\n       Known are auto, cpu, cuda and cuda:N, N = 0, 1, ...\n",
    )


@pytest.mark.parametrize("assignments", [["steps"], ["=5"], ["a=1", "a=2"]])
def test_wrong_settings(assignments):
    with pytest.raises(UsageError, match=r"^--set "):
        parse_settings(assignments)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no signals")
@pytest.mark.parametrize(("number", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_saves_and_the_same_command_goes_on(start_seg2vid, seg2vid, tmp_path, number, exit_code):
    run = tmp_path / "run"
    command = ("train", "image", "--data", "a", "--out", run, "--set", "steps=300")
    process = start_seg2vid(*command, "--set", "seconds_per_step=0.02", cwd=tmp_path)
    wait_for(run / "checkpoint")
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=20)
    step = int((run / "checkpoint").read_text())
    assert (process.returncode, stdout) == (exit_code, "")
    assert stderr.splitlines()[-2:] == [
        "stopping: saving a checkpoint (the same signal again ends at once)",
        f"{ {130: 'interrupted', 143: 'terminated'}[exit_code] }: step {step} of 300 is saved in {run}; "
        "the same command goes on from it",
    ]
    assert 0 < step < 300
    assert seg2vid(*command).stderr.startswith(f"from step {step}, to step 300, ")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no signals")
def test_a_second_signal_ends_at_once(start_seg2vid, tmp_path):
    flags = ("--set", "steps=2", "--set", "seconds_per_step=30")
    process = start_seg2vid("train", "image", "--data", "a", "--out", tmp_path / "run", *flags, cwd=tmp_path)
    assert process.stderr.readline().startswith("from step 0")
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    time.sleep(0.2)
    assert process.poll() is None, "the first signal waits for the step"
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=20) == 130
    assert process.stderr.read() == "interrupted\n"
    process.stdout.close()
    process.stderr.close()


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 20
    while not (path.exists() and path.read_text()) and time.monotonic() < deadline:
        time.sleep(0.02)
