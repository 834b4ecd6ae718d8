"""What cannot be written as planned is refused before it is computed; nothing on disk changes."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from seg2vid_cli.outputs.checks import check_outputs
from seg2vid_cli.outputs.plan import plan_outputs
from seg2vid_cli.outputs.save_names import SAVE_NAMES
from seg2vid_cli.outputs.video.kinds import Kind
from seg2vid_interface.errors import OutputError, UsageError

ALL = frozenset(SAVE_NAMES)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def check(inputs: Sequence[str], out: str | None = None, **changes: Any) -> None:
    flags: dict[str, Any] = {"kind": None, "samples": 1, "save": frozenset(), "sheet": None, "overwrite": False}
    clip: dict[str, Any] = {"frames": 24, "height": 128, "width": 256, "frames_per_second": 17.0}
    clip |= {"has_labels": True, "has_camera": True}
    label_maps = [Path(name) for name in inputs]
    also_read = changes.pop("also_read", [])
    outputs = plan_outputs(label_maps, out, **{name: changes.pop(name, flag) for name, flag in flags.items()})
    check_outputs(outputs, [*label_maps, *also_read], **clip | changes)


def tree(folder: Path) -> dict[str, bytes | None]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")
    }


def test_checking_changes_nothing(folder: Path) -> None:
    check(["a.png"], "new/", save=ALL)
    check(["a.png"], "new/er/", save=ALL)
    assert tree(folder) == {}


@pytest.mark.parametrize(
    ("inputs", "out", "flags", "message"),
    [
        (["a.png", "a_2.png"], "new/", {"samples": 2}, "a.png and a_2.png: both results would be called a_2"),
        (["a.png", "a.flow.png"], "new/", {"save": frozenset({"flow"})}, "new/a.flow.mp4"),
        (["a.png"], "a.mp4", {"sheet": Path("a.first-frame.png"), "save": ALL}, "a.first-frame.png"),
        (["a.png"], "b.mp4", {"sheet": Path("a.png"), "overwrite": True}, "a.png: is read"),
        (["b.labels/000000.png"], "b.mp4", {"save": ALL, "overwrite": True}, "b.labels/000000.png: is read"),
        (["a.png"], "b.mp4", {"save": ALL, "also_read": [Path("b.first-frame.png")]}, "b.first-frame.png: is read"),
        (["a.png"], "b.mp4", {"save": ALL, "has_labels": False}, "--save labels"),
        (["a.png"], "b.mp4", {"save": ALL, "has_camera": False}, "--save camera"),
        (["a.png"], "b.mp4", {"save": ALL, "also_read": [Path("b.camera.json")]}, "b.camera.json: is read"),
        (["a.png"], "b.mp4", {"save": frozenset({"flow"}), "frames": 1}, "--save flow"),
        (["a.png"], "b.mp4", {"save": frozenset({"depth"}), "has_camera": False}, "--save depth: this model has no"),
        (["a.png"], "b.mp4", {"save": frozenset({"boxes"}), "has_camera": False}, "--save boxes: this model has no"),
        (
            ["a.png"],
            "b.mp4",
            {"sheet": Path("b.boxes.json.png"), "save": ALL, "also_read": [Path("b.boxes.json")]},
            "b.boxes.json: is read",
        ),
        (["a.png"], "b.gif", {"frames_per_second": 60.0}, "--fps 60"),
    ],
)
def test_wrong_usage(inputs: list[str], out: str | None, flags: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        check(inputs, out, **flags)
    assert message in caught.value.message.replace(os.sep, "/")
    assert caught.value.hint


def test_an_input_is_recognised_under_another_name(folder: Path) -> None:
    (folder / "link").symlink_to(folder, target_is_directory=True)
    with pytest.raises(UsageError, match="is read"):
        check(["link/a.png"], "b.mp4", sheet=folder / "a.png", overwrite=True)


@pytest.mark.parametrize(
    ("out", "message"),
    [
        ("missing/a.mp4", "missing: no such folder"),
        ("file/a.mp4", "file: not a folder"),
        ("file/", "file: not a folder"),
        ("file/new/", "file: not a folder"),
        ("file/new/er/", "file: not a folder"),
        ("folder.mp4", "a.mp4: exists already"),
        ("broken/", "broken: not a folder"),
        ("broken/new/", "broken: not a folder"),
    ],
)
def test_folders_that_cannot_take_results(folder: Path, out: str, message: str) -> None:
    (folder / "file").touch()
    (folder / "broken").symlink_to("nowhere")
    (folder / "folder.mp4").mkdir()
    (folder / "folder.mp4" / "a.mp4").touch()
    with pytest.raises(OutputError) as caught:
        check(["a.png"], out)
    assert message in caught.value.message


@pytest.mark.parametrize("sheet", ["a.png", "old.png", "sheets.png", "file/a.png", "b.first-frame.png"])
def test_what_is_wrong_with_the_sheet_names_its_flag(folder: Path, sheet: str) -> None:
    (folder / "sheets.png").mkdir()
    (folder / "file").touch()
    (folder / "old.png").touch()
    with pytest.raises((OutputError, UsageError)) as caught:
        check(["a.png"], "b.mp4", sheet=Path(sheet), save=frozenset({"first-frame"}))
    assert "another --sheet" in str(caught.value.hint)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_write_permission_is_refused(folder: Path) -> None:
    (folder / "locked").mkdir(mode=0o500)
    for out in ("locked/a.mp4", "locked/new/", "locked/new/er/"):
        with pytest.raises(OutputError, match="locked: not writable"):
            check(["a.png"], out)


def test_results_that_exist_are_not_replaced_unasked(folder: Path) -> None:
    (folder / "a.mp4").touch()
    (folder / "a.flow").mkdir()
    (folder / "a.flow" / "000000.npy").touch()
    with pytest.raises(OutputError, match=r"^a\.mp4: exists already \(and 1 more") as caught:
        check(["a.png"], save=ALL)
    assert "--overwrite" in str(caught.value.hint)
    check(["a.png"], save=ALL, overwrite=True)


def test_a_folder_with_other_files_is_no_result(folder: Path) -> None:
    (folder / "a.flow").mkdir()
    for name in ("notes.txt", "0.npy", "000000.npy.bak", "000000.png"):
        (folder / "a.flow" / name).touch()
    check(["a.png"], save=frozenset({"flow"}))


def test_a_file_never_gives_way_to_a_folder_nor_a_folder_to_a_file(folder: Path) -> None:
    (folder / "a.flow").touch()
    with pytest.raises(OutputError, match=r"a\.flow: a folder"):
        check(["a.png"], save=frozenset({"flow"}), overwrite=True)
    (folder / "b.first-frame.png").mkdir()
    with pytest.raises(OutputError, match=r"b\.first-frame\.png: a file"):
        check(["b.png"], save=frozenset({"first-frame"}), overwrite=True)


@pytest.mark.parametrize(("name", "left_over", "count"), [("labels", "000002.png", 2), ("flow", "000001.npy", 1)])
def test_numbered_files_that_would_be_left_over_are_refused(
    folder: Path, name: str, left_over: str, count: int
) -> None:
    (folder / f"a.{name}").mkdir()
    for number in range(count + 1):
        (folder / f"a.{name}" / left_over.replace(str(count), str(number))).touch()
    flags: dict[str, Any] = {"save": frozenset({name}), "overwrite": True}
    check(["a.png"], frames=3, **flags)
    check(["a.png"], frames=4, **flags)
    with pytest.raises(OutputError) as caught:
        check(["a.png"], frames=2, **flags)
    assert caught.value.message == f"a.{name}: holds {left_over}, beyond the {count} files that would be written there"
    assert caught.value.hint == "Remove such files, or choose another -o."


def test_what_cannot_be_encoded_is_refused() -> None:
    for kind in Kind:
        check(["a.png"], "new/", kind=kind, save=ALL)
    with pytest.raises(OutputError, match="127x256"):
        check(["a.png"], "out.mp4", height=127)


def test_coloured_videos_count_towards_what_is_held_in_memory_and_must_be_encodable() -> None:
    check(["a.png"], "out.gif", frames=2000)
    with pytest.raises(OutputError, match="4000 frames of 128x256 pixels are 375 MiB"):
        check(["a.png"], "out.gif", save=frozenset({"flow"}), frames=2000)
    check(["a.png"], "new/", kind="png", height=127)
    with pytest.raises(OutputError, match="127x256"):
        check(["a.png"], "new/", save=frozenset({"flow"}), kind="png", height=127)
