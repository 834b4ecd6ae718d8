"""The process in which Ray is: what becomes of it, and what is told where it cannot do its work."""

import socket
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from seg2vid_cli.generation.ray_engine import process
from seg2vid_interface.errors import BackendError


@pytest.fixture
def generate(seg2vid, model, street):
    return lambda *words: seg2vid("generate", street, "--model", model, "--engine", "ray", *words)


@pytest.mark.parametrize(
    ("lacking", "name", "spec"),
    [
        ("ray", "Ray", None),
        ("ray", "Ray", ModuleSpec("ray", None)),  # a folder of that name
        ("pyarrow", "Ray Data's pyarrow", None),
    ],
)
def test_ray_is_not_installed(lacking, name, spec, generate, monkeypatch):
    there = ModuleSpec("there", None, origin="there.py")
    monkeypatch.setattr(process, "find_spec", lambda package: spec if package == lacking else there)
    result = generate()
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"error: --engine ray: {name} is not installed\n       pip install 'seg2vid[ray]'\n"


def test_its_folder_has_a_short_path():
    with process.temporary_folder() as folder:
        assert len(folder) < 20 or sys.platform == "win32"


@pytest.fixture
def nobody() -> str:
    """An address at which nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{listener.getsockname()[1]}"


def test_nobody_answers(generate, nobody):
    """By the real process, which does not load Ray for it."""
    result = generate("--ray-address", nobody, "-o", "new/")
    first, second, hint = result.stderr.splitlines()
    assert (result.exit_code, result.stdout, first) == (1, "", "connecting to the Ray cluster")
    assert second.startswith(f"error: --ray-address {nobody}: nobody answers: ")
    assert hint.strip().startswith("Give HOST:PORT of the cluster's head")
    assert not Path("new").exists()


def test_a_process_that_ends_by_itself(monkeypatch):
    monkeypatch.setattr(process, "_DRIVER", "seg2vid_cli.no_such_module")
    with pytest.raises(BackendError) as raised, process.DriverProcess(_job(), debug=False) as driver:
        driver.ready()
    assert raised.value.message == "--engine ray: Ray's process ended, with the exit code 1"


def test_what_answers_is_no_cluster(monkeypatch):
    """It is given some seconds, and is then ended."""
    monkeypatch.setattr(process, "CONNECT_SECONDS", 0.1)
    monkeypatch.setattr(process, "_DRIVER", "tokenize")  # says nothing until its input ends
    monkeypatch.setattr(process.DriverProcess, "events", _answered_by_nothing(process.DriverProcess.events))
    with pytest.raises(BackendError) as raised, process.DriverProcess(_job(), debug=False) as driver:
        driver.ready()
    assert raised.value.message == (
        "--ray-address head:6379: what answers there is no Ray cluster that this machine belongs to; waited 0.1 seconds"
    )


def _answered_by_nothing(events):
    def answered(self):
        yield process.Answered()
        yield from events(self)

    return answered


class _Job:
    """As much of a job as the command itself needs."""

    temporary = "."

    class ray:  # noqa: N801  # named as the job's field
        address = "head:6379"


def _job():
    return _Job()
