"""More than the disk has room for is refused before anything is computed."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from seg2vid_cli.outputs.checks import check_outputs
from seg2vid_cli.outputs.plan import plan_outputs
from seg2vid_cli.outputs.room import check_room
from seg2vid_cli.outputs.save_names import SAVE_NAMES
from seg2vid_interface.errors import OutputError

ALL = frozenset(SAVE_NAMES)


@pytest.fixture(autouse=True)
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The disk, of which a test sets what is free."""
    monkeypatch.chdir(tmp_path)
    disk = SimpleNamespace(free=10e9)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: disk)
    return disk


def room(out: str = "a.mp4", *, save: frozenset[str] = ALL, frames: int = 24, clips: int = 1, **flags: str) -> None:
    plan = {"kind": None, "samples": 1, "sheet": None, "overwrite": False, "flow_format": "npy"}
    (output,) = plan_outputs([Path("a.png")], out, save=save, **plan | flags)
    check_room(output, clips=clips, frames=frames, height=128, width=256)


def test_usual_clips_fit(disk):
    room()
    room("new/er/", save=frozenset(), frames=7_000_000)
    disk.free = 1e6
    room(save=frozenset())


@pytest.mark.parametrize(
    ("arguments", "message", "fitting"),
    [
        ({"frames": 10**9}, "--frames 1000000000: the clip takes 549,716.0 GB or more, but . has 10.0 GB free", 18_191),
        (
            {"out": "new/er/", "save": frozenset(), "frames": 10**9},
            "--frames 1000000000: the clip takes 1,310.7 GB or more, but new/er has 10.0 GB free",
            7_629_394,
        ),
        (
            {"out": "b/", "save": frozenset(), "kind": "png", "clips": 3_000_000},
            "--frames 24: 3,000,000 clips take 1,651.5 GB or more, but b has 10.0 GB free",
            435_965,
        ),
    ],
)
def test_what_does_not_is_told_with_the_numbers(arguments, message, fitting):
    with pytest.raises(OutputError) as caught:
        room(**arguments)
    assert caught.value.message == message
    assert caught.value.hint == (
        f"About {fitting:,} frames in all would fit: lower --frames or --samples, or save less."
    )
    room(**arguments | {"frames": fitting, "clips": 1})


def test_little_room_is_told_in_megabytes(disk):
    disk.free = 50_000
    with pytest.raises(OutputError, match=r"^--frames 24: the clip takes 0\.2 MB or more, but \. has 0\.1 MB free$"):
        room("a.gif", save=frozenset())


def test_flow_takes_what_its_arrays_take(disk):
    disk.free = 23 * 128 * 256 * 8  # it lies between frames, of which there are 24
    for flow_format in ("npy", "flo"):
        with pytest.raises(OutputError):
            room(save=frozenset({"flow"}), flow_format=flow_format)
    room(save=frozenset({"flow"}), flow_format="kitti")
    disk.free *= 24 / 23
    room(save=frozenset({"flow"}))


def test_endless_clips_are_not_counted_frame_by_frame(disk):
    """With a disk of any size, checking neither takes the time nor the memory of a thing per frame."""
    disk.free = float("inf")
    Path("a.frames").mkdir()
    Path("a.frames/000003.png").touch()
    flags = {"kind": None, "samples": 1, "sheet": None, "overwrite": True}
    outputs = plan_outputs([Path("a.png")], "a.mp4", save=frozenset({"frames", "labels"}), **flags)
    clip = {"height": 128, "width": 256, "frames_per_second": 17.0, "has_labels": True, "has_camera": True}
    check_outputs(outputs, [], frames=10**15, **clip)
    with pytest.raises(OutputError, match=r"holds 000003\.png, beyond the 3 files"):
        check_outputs(outputs, [], frames=3, **clip)
