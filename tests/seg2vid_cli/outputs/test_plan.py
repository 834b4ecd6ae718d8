"""Names are planned and checked; nothing on disk changes while they are."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from seg2vid_cli.outputs.plan import plan_outputs
from seg2vid_cli.outputs.planned import SAVE_NAMES, PlannedOutput
from seg2vid_interface.errors import OutputError, UsageError

ALL = frozenset(SAVE_NAMES)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def plan(label_maps: Sequence[str | None], out: str | None = None, **flags: Any) -> list[PlannedOutput]:
    settings: dict[str, Any] = {"kind": None, "samples": 1, "save": frozenset(), "sheet": None, "overwrite": False}
    return plan_outputs([None if name is None else Path(name) for name in label_maps], out, **settings | flags)


def videos(outputs: Sequence[PlannedOutput]) -> list[str]:
    return [output.video.as_posix() for output in outputs]


def tree(folder: Path) -> dict[str, bytes | None]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")
    }


def test_the_default_is_the_inputs_stem_in_the_current_folder() -> None:
    (output,) = plan(["maps/street.v2.png"])
    assert (output.video, output.kind, output.source) == (Path("street.v2.mp4"), "mp4", Path("maps/street.v2.png"))
    assert (output.files, output.folders, output.makes_folder) == ([Path("street.v2.mp4")], {}, False)


@pytest.mark.parametrize(("kind", "name"), [("gif", "street.gif"), ("png", "street")])
def test_format_chooses_the_kind_of_the_default(kind: str, name: str) -> None:
    assert videos(plan(["street.png"], kind=kind)) == [name]


def test_a_clip_without_a_label_map_has_a_name() -> None:
    assert videos(plan([None])) == ["clip.mp4"]


@pytest.mark.parametrize("name", ["a.mp4", "a.webm", "a.gif", "a.webp", "a.MP4", "a.b.mp4"])
def test_one_file_may_be_named(name: str) -> None:
    (output,) = plan(["street.png"], name)
    assert (str(output.video), output.kind) == (name, name.lower().rsplit(".", 1)[-1])


def test_several_inputs_and_samples_are_named_in_order() -> None:
    outputs = plan(["maps/a.png", "maps/b.png"], "new/", samples=2, kind="webm")
    assert videos(outputs) == ["new/a.webm", "new/a_2.webm", "new/b.webm", "new/b_2.webm"]
    assert [output.sample for output in outputs] == [1, 2, 1, 2]
    assert [output.source and output.source.as_posix() for output in outputs] == [
        "maps/a.png",
        "maps/a.png",
        "maps/b.png",
        "maps/b.png",
    ]
    assert all(output.makes_folder for output in outputs)


def test_planning_changes_nothing(folder: Path) -> None:
    plan(["a.png"], "new/", save=ALL)
    assert tree(folder) == {}


def test_a_folder_that_exists_needs_no_slash(folder: Path) -> None:
    (folder / "results").mkdir()
    (output,) = plan(["a.png"], "results")
    assert (output.video, output.makes_folder) == (Path("results/a.mp4"), False)


def test_everything_saved_lies_beside_the_video() -> None:
    (output,) = plan(["a.png"], "out.mp4", save=ALL, sheet=Path("sheet.png"))
    assert [str(path) for path in output.saved] == [
        "out.labels.mp4",
        "out.labels",
        "out.flow.mp4",
        "out.flow",
        "out.occlusion.mp4",
        "out.occlusion",
        "out.first-frame.png",
        "out.frames",
        "sheet.png",
    ]
    endings = {"out.labels": ".png", "out.flow": ".npy", "out.occlusion": ".npy", "out.frames": ".png"}
    assert {str(path): ending for path, ending in output.folders.items()} == endings
    assert output.fields == {"labels", "flow", "occlusion"}


@pytest.mark.parametrize(
    ("kind", "video", "saved"), [("gif", "new/a.gif", "new/a.flow.gif"), ("png", "new/a", "new/a.flow.mp4")]
)
def test_coloured_videos_are_of_the_videos_kind_or_mp4(kind: str, video: str, saved: str) -> None:
    (output,) = plan(["a.png"], "new/", kind=kind, save=frozenset({"flow"}))
    assert (output.video, output.saved[0]) == (Path(video), Path(saved))


@pytest.mark.parametrize(
    ("label_maps", "out", "flags", "message"),
    [
        (["a.png"], "a.avi", {}, "a.avi"),
        (["a.png"], "results", {}, "results"),
        (["a.png"], "", {}, "-o .: no ending"),
        (["a.png"], "a.mp4", {"kind": "gif"}, "--format gif: contradicts -o a.mp4"),
        (["a.png"], None, {"kind": "avi"}, "--format avi"),
        (["a.png"], None, {"save": frozenset({"flow", "depth"})}, "--save depth"),
        (["a.png", "b.png"], None, {}, "no folder"),
        (["a.png"], None, {"samples": 2}, "no folder"),
        (["a.png", "b.png"], "a.mp4", {}, "-o a.mp4: one file"),
        (["x/a.png", "y/a.png"], "new/", {}, "x/a.png and y/a.png"),
        (["a.png", "a_2.png"], "new/", {"samples": 2}, "new/a_2.mp4"),
        (["a.png", "a.flow.png"], "new/", {"save": frozenset({"flow"})}, "new/a.flow.mp4"),
        (["a.png"], "a.mp4", {"sheet": Path("sheet.jpg")}, "--sheet sheet.jpg"),
        (["a.png"], "new/", {"sheet": Path("sheet.png"), "samples": 2}, "--sheet sheet.png"),
        (["a.png"], "a.mp4", {"sheet": Path("a.first-frame.png"), "save": ALL}, "a.first-frame.png"),
        (["a.png"], "b.mp4", {"sheet": Path("a.png"), "overwrite": True}, "a.png: is read"),
        (["b.labels/000000.png"], "b.mp4", {"save": ALL, "overwrite": True}, "b.labels/000000.png: is read"),
        (["a.png"], "b.mp4", {"save": ALL, "also_read": [Path("b.first-frame.png")]}, "b.first-frame.png: is read"),
    ],
)
def test_wrong_usage(label_maps: list[str], out: str | None, flags: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        plan(label_maps, out, **flags)
    assert message in caught.value.message.replace(os.sep, "/")
    assert caught.value.hint


@pytest.mark.parametrize(("out", "folder"), [("two.mp4", "two/"), (None, "videos/")])
def test_several_results_are_shown_a_folder(out: str | None, folder: str) -> None:
    with pytest.raises(UsageError) as caught:
        plan(["a.png", "b.png"], out)
    assert caught.value.hint == f"Name a folder, with a slash: -o {folder}"


def test_an_input_is_recognised_under_another_name(folder: Path) -> None:
    (folder / "link").symlink_to(folder, target_is_directory=True)
    with pytest.raises(UsageError, match="is read"):
        plan(["link/a.png"], "b.mp4", sheet=folder / "a.png", overwrite=True)


@pytest.mark.parametrize(
    ("out", "message"),
    [
        ("missing/a.mp4", "missing: no such folder"),
        ("missing/new/", "missing: no such folder"),
        ("file/a.mp4", "file: not a folder"),
        ("file/", "file: not a folder"),
        ("folder.mp4", "a.mp4: exists already"),
        ("broken/", "broken: not a folder"),
    ],
)
def test_folders_that_cannot_take_results(folder: Path, out: str, message: str) -> None:
    (folder / "file").touch()
    (folder / "broken").symlink_to("nowhere")
    (folder / "folder.mp4").mkdir()
    (folder / "folder.mp4" / "a.mp4").touch()
    with pytest.raises(OutputError) as caught:
        plan(["a.png"], out)
    assert message in caught.value.message


@pytest.mark.parametrize("sheet", ["a.png", "old.png", "sheets.png", "file/a.png", "b.first-frame.png"])
def test_what_is_wrong_with_the_sheet_names_its_flag(folder: Path, sheet: str) -> None:
    (folder / "sheets.png").mkdir()
    (folder / "file").touch()
    (folder / "old.png").touch()
    with pytest.raises((OutputError, UsageError)) as caught:
        plan(["a.png"], "b.mp4", sheet=Path(sheet), save=frozenset({"first-frame"}))
    assert "another --sheet" in str(caught.value.hint)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_write_permission_is_refused(folder: Path) -> None:
    (folder / "locked").mkdir(mode=0o500)
    with pytest.raises(OutputError, match="locked: not writable"):
        plan(["a.png"], "locked/a.mp4")


def test_results_that_exist_are_not_replaced_unasked(folder: Path) -> None:
    (folder / "a.mp4").touch()
    (folder / "a.flow").mkdir()
    (folder / "a.flow" / "000000.npy").touch()
    with pytest.raises(OutputError, match=r"^a\.mp4: exists already \(and 1 more") as caught:
        plan(["a.png"], save=ALL)
    assert "--overwrite" in str(caught.value.hint)
    assert videos(plan(["a.png"], save=ALL, overwrite=True)) == ["a.mp4"]


def test_a_folder_with_other_files_is_no_result(folder: Path) -> None:
    (folder / "a.flow").mkdir()
    for name in ("notes.txt", "0.npy", "000000.npy.bak", "000000.png"):
        (folder / "a.flow" / name).touch()
    assert videos(plan(["a.png"], save=frozenset({"flow"}))) == ["a.mp4"]


def test_a_file_never_gives_way_to_a_folder_nor_a_folder_to_a_file(folder: Path) -> None:
    (folder / "a.flow").touch()
    with pytest.raises(OutputError, match=r"a\.flow: a folder"):
        plan(["a.png"], save=frozenset({"flow"}), overwrite=True)
    (folder / "b.first-frame.png").mkdir()
    with pytest.raises(OutputError, match=r"b\.first-frame\.png: a file"):
        plan(["b.png"], save=frozenset({"first-frame"}), overwrite=True)
