"""Two trainings and one folder."""

import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import pytest

from recording_monitor import RecordingMonitor
from seg2vid_interface.errors import OutputError
from seg2vid_interface.staging.replacing import replacing
from seg2vid_torch.training.run_lock import RunLock

HOLDS = """\
import sys, time
from pathlib import Path
from seg2vid_torch.training.run_lock import RunLock
with RunLock(Path(sys.argv[1])) as lock:
    lock.take()
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def holder(tmp_path):
    """A process that holds the lock of the folder "run"."""
    (tmp_path / "run").mkdir()
    command = [sys.executable, "-c", HOLDS, str(tmp_path / "run")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_second_training_is_told_who_is_at_work_and_changes_nothing(holder, train_tiny, tmp_path):
    run = tmp_path / "run"
    before = files_of(tmp_path)
    for overwrite in (False, True):
        with pytest.raises(OutputError) as caught:
            train_tiny("image", run, steps=1, overwrite=overwrite)
        assert re.fullmatch(
            rf"--out {re.escape(str(run))}: another training is at work there "
            rf"\(process {holder.pid} on {re.escape(platform.node())}, since \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d\)",
            caught.value.message,
        )
        assert caught.value.hint == "Wait for its end, or give another --out."
    assert files_of(tmp_path) == before
    assert train_tiny("image", run, steps=1, dry_run=True).step == 0


def test_a_training_that_was_killed_holds_nothing(holder, train_tiny, tmp_path):
    holder.kill()
    holder.wait()
    run = tmp_path / "run"
    for steps in (1, 2):  # begun, and gone on with
        (run / ".seg2vid-0123" / "new").mkdir(parents=True)
        (run / ".seg2vid-0123" / "lock").touch()  # which nobody holds any more
        (run / ".seg2vid-0123" / "new" / "checkpoint.pt").write_text("half")
        assert train_tiny("image", run, steps=steps).finished
        assert {path.name for path in run.glob(".*")} == {".lock"}


class Second(RecordingMonitor):
    """Begins another training of the same run in the middle of this one."""

    def __init__(self, begin) -> None:
        super().__init__()
        self.begin_another, self.errors = begin, []

    def advance(self, **progress) -> None:
        super().advance(**progress)
        with pytest.raises(OutputError) as caught:
            self.begin_another()
        self.errors.append(caught.value.message)


def test_a_run_that_is_being_trained_is_not_begun_again(train_tiny, tmp_path):
    run = tmp_path / "run"
    monitor = Second(lambda: train_tiny("image", run, steps=9))
    assert train_tiny("image", run, steps=2, monitor=monitor).finished
    assert len(monitor.errors) == 2
    assert all(f"process {os.getpid()} on " in message for message in monitor.errors)
    assert train_tiny("image", run, steps=3).step == 3


def test_a_run_that_another_began_meanwhile_is_left_alone(train_tiny, tmp_path, monkeypatch):
    run, take = tmp_path / "run", RunLock.take

    def take_later(lock: RunLock) -> bool:
        (run / "settings.json").write_text("{}")
        return take(lock)

    monkeypatch.setattr(RunLock, "take", take_later)
    with pytest.raises(OutputError, match="another training has been there meanwhile"):
        train_tiny("image", run, steps=1)
    assert (run / "settings.json").read_text() == "{}"


def test_what_the_holder_says_of_itself_cannot_steer_the_terminal(holder, tmp_path):
    (tmp_path / "run" / ".lock-holder").write_bytes(b"\x1b[2J" * 1000)
    with pytest.raises(OutputError, match=r"another training is at work there$"), RunLock(tmp_path / "run") as lock:
        lock.take()


def test_writers_of_one_file_do_not_meet(tmp_path):
    path = tmp_path / "a.json"
    with replacing(path) as first, replacing(path) as second:
        assert first != second
        first.write_text("1")
        second.write_text("2")
    assert path.read_text() == "1"
    assert [file.name for file in tmp_path.iterdir()] == ["a.json"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_full_disk_names_the_file_and_leaves_the_old_one(tmp_path):
    path = tmp_path / "a.json"
    path.write_text("old")
    with pytest.raises(OutputError) as caught, replacing(path) as temporary:
        temporary.symlink_to("/dev/full")
        temporary.write_text("new")
    assert caught.value.message == f"{path}: cannot be written: No space left on device"
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {"a.json": "old"}
