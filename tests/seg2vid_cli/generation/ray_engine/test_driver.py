"""Ray itself, on this machine: the bytes are those of a single process, whatever dies meanwhile."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ray_jobs import write_maps

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="processes are looked for under /proc"),
]

STREET = Path(__file__).parents[4] / "examples" / "street.png"
CLIPS = 10


@pytest.fixture
def start(start_seg2vid, make_model, street, tmp_path):
    """Start a run of some seconds, of fake clips, in a folder of its own."""
    slow = make_model("slow", seconds_per_chunk=0.4)
    write_maps(tmp_path / "maps", street, CLIPS)

    def begin(*words, model=slow):
        flags = ("-o", "clips/", "--model", model, "--backend", "fake", "--json")
        return start_seg2vid("generate", tmp_path / "maps", *flags, *words, cwd=tmp_path)

    return begin


@pytest.fixture
def expected(start, tmp_path):
    """What a single process makes."""
    process = start("--threads", 1)
    process.communicate()
    made = files(tmp_path / "clips")
    (tmp_path / "clips").rename(tmp_path / "expected")
    assert (process.returncode, len(made)) == (0, CLIPS)
    return made


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def processes(sign: str, of: int) -> Iterator[int]:
    """Yield the processes below one whose command lines have a sign in them."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if sign in command and of in ancestors(int(entry.name)):
                yield int(entry.name)
        except OSError:
            continue


def ancestors(process: int) -> set[int]:
    found = set[int]()
    while process > 1:
        process = int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
        found.add(process)
    return found


def wait_for(folder: Path, clips: int) -> None:
    for _ in range(1200):
        if len(list(folder.glob("*.mp4"))) >= clips:
            return
        time.sleep(0.05)
    raise TimeoutError(f"{clips} clips did not come")


def test_the_bytes_of_a_single_process(tmp_path):
    """By ONNX Runtime, with one thread each."""
    maps = write_maps(tmp_path / "maps", STREET, 3)
    for words in (("-o", "local/", "--threads", "1"), ("-o", "ray/", "--engine", "ray")):
        flags = ("--backend", "onnx", "--frames", "6", "--save", "all", "--quiet")
        command = [sys.executable, "-m", "seg2vid_cli", "generate", str(maps), *flags, *words]
        done = subprocess.run(command, check=True, cwd=tmp_path, capture_output=True, text=True)
        assert done.stderr == ""
    made = files(tmp_path / "ray")
    assert (len(made) > 3 * 8, made) == (True, files(tmp_path / "local"))


def test_a_worker_that_is_killed_is_replaced(start, expected, tmp_path):
    process = start("--engine", "ray")
    wait_for(tmp_path / "clips", 2)
    victim, *_ = processes("ray::MapWorker", process.pid)
    os.kill(victim, signal.SIGKILL)
    out, messages = process.communicate(timeout=300)
    data = json.loads(out)["data"]
    assert process.returncode == 0, messages
    assert files(tmp_path / "clips") == expected
    assert len({clip["output"] for clip in data["outputs"]}) == len(data["outputs"]) == CLIPS
    assert sum(worker["replaced"] for worker in data["workers"]) == 1
    assert "(raylet)" not in out + messages and "Lease ID" not in out + messages  # which Ray prints of it
    assert list(tmp_path.rglob(".seg2vid-*")) == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("victim", ["the command", "Ray's process"])
def test_a_run_that_is_killed_goes_on(number, victim, start, expected, tmp_path):
    process = start("--engine", "ray")
    wait_for(tmp_path / "clips", 2)
    [driver] = processes("ray_engine.driver", process.pid)
    workers = list(processes("ray::MapWorker", process.pid))
    os.kill(process.pid if victim == "the command" else driver, number)
    process.communicate(timeout=60)
    assert process.returncode in ((-number, 128 + number) if victim == "the command" else (1,))
    time.sleep(5)
    assert workers  # or nothing is proved
    assert not [one for one in (*workers, driver) if Path(f"/proc/{one}").exists()]
    made = files(tmp_path / "clips")
    clips = {name: content for name, content in made.items() if not name.startswith(".")}
    assert 2 <= len(clips) < CLIPS
    assert clips.items() <= expected.items()

    again = start("--engine", "ray", "--skip-existing")
    out, messages = again.communicate(timeout=300)
    data = json.loads(out)["data"]
    assert again.returncode == 0, messages
    assert (len(data["skipped"]), len(data["outputs"])) == (len(clips), CLIPS - len(clips))
    assert files(tmp_path / "clips") == expected


def test_it_tells_nobody_and_leaves_nothing_in_the_home_folder(tmp_path, model, street, fake_packages, monkeypatch):
    """Ray asks the system by which address 8.8.8.8 would be reached, and sends nothing there."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(fake_packages), str(Path(__file__).parents[3])]))
    trace = ["strace", "-f", "-e", "trace=connect,sendto", "-o", "trace"] if shutil.which("strace") else []
    flags = ("--model", str(model), "--backend", "fake", "-o", "x.mp4", "--engine", "ray")
    words = [*trace, sys.executable, "-m", "seg2vid_cli", "generate", str(street), *flags]
    subprocess.run(words, check=True, cwd=tmp_path, capture_output=True)
    assert list(home.rglob("*")) == []
    if trace:
        made = re.compile(r"sin6?_port=htons\((\d+)\).*?\"(?:::ffff:)?([0-9a-f.:]+)\"")
        connections = made.findall((tmp_path / "trace").read_text())
        strangers = {address for _, address in connections if address not in own_addresses()}
        assert strangers <= {"8.8.8.8"}
        assert {port for port, address in connections if address in strangers} <= {"53"}


def own_addresses() -> set[str]:
    found = subprocess.run(["hostname", "-I"], check=True, capture_output=True, text=True).stdout.split()
    return {"127.0.0.1", "::1", *found}


def test_too_many_workers_are_refused_before_ray_starts(start):
    process = start("--engine", "ray", "--workers", 1000)
    _, messages = process.communicate(timeout=30)
    assert (process.returncode, "error: --workers 1000: this machine has room for " in messages) == (2, True)
