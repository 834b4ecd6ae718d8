"""Names are planned; nothing on disk changes while they are."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from seg2vid_cli.outputs.plan import plan_outputs
from seg2vid_cli.outputs.planned import PlannedOutput
from seg2vid_cli.outputs.save_names import SAVE_NAMES
from seg2vid_interface.errors import UsageError

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
        "out.depth.mp4",
        "out.depth",
        "out.instances.mp4",
        "out.instances",
        "out.boxes.json",
        "out.camera.json",
        "out.first-frame.png",
        "out.frames",
        "sheet.png",
    ]
    assert {str(path): ending for path, ending in output.folders.items()} == {
        "out.labels": ".png",
        "out.flow": ".npy",
        "out.occlusion": ".npy",
        "out.depth": ".npy",
        "out.instances": ".png",
        "out.frames": ".png",
    }
    assert output.fields == {"labels", "flow", "occlusion", "depth", "objects"}


@pytest.mark.parametrize(("flow_format", "ending"), [("npy", ".npy"), ("flo", ".flo"), ("kitti", ".png")])
def test_flow_has_the_files_of_its_format(flow_format: str, ending: str) -> None:
    (output,) = plan(["a.png"], "out.mp4", save=frozenset({"flow"}), flow_format=flow_format)
    assert output.folders == {Path("out.flow"): ending}
    assert output.saved == [Path("out.flow.mp4"), Path("out.flow")]


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
        (["a.png"], None, {"save": frozenset({"flow", "speed"})}, "--save speed"),
        (["a.png"], None, {"flow_format": "exr", "save": frozenset({"flow"})}, "--flow-format exr: unknown"),
        (["a.png"], None, {"flow_format": "flo", "save": frozenset({"labels"})}, "--flow-format flo: no flow is saved"),
        (["a.png", "b.png"], None, {}, "no folder"),
        (["a.png"], None, {"samples": 2}, "no folder"),
        (["a.png", "b.png"], "a.mp4", {}, "-o a.mp4: one file"),
        (["x/a.png", "y/a.png"], "new/", {}, "x/a.png and y/a.png"),
        (["a.png"], "a.mp4", {"sheet": Path("sheet.jpg")}, "--sheet sheet.jpg"),
        (["a.png"], "new/", {"sheet": Path("sheet.png"), "samples": 2}, "--sheet sheet.png"),
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


def test_what_was_found_in_folders_keeps_its_place() -> None:
    places = {Path("maps/x/a.png"): Path("x"), Path("maps/y/a.png"): Path("y")}
    outputs = plan(["maps/x/a.png", "maps/y/a.png", "b.png"], "new/", samples=2, places=places)
    assert videos(outputs) == [
        f"new/{name}" for name in ("x/a.mp4", "x/a_2.mp4", "y/a.mp4", "y/a_2.mp4", "b.mp4", "b_2.mp4")
    ]
    assert videos(plan(["maps/x/a.png"], places=places)) == ["a.mp4"]
    assert videos(plan(["maps/x/a.png"], "z.gif", places=places)) == ["z.gif"]
    with pytest.raises(UsageError, match=r"both results would be called x.a$"):
        plan(
            ["maps/x/a.png", "maps/x/a.bmp"],
            "new/",
            places={Path(f"maps/x/a.{end}"): Path("x") for end in ("png", "bmp")},
        )


def test_places_in_a_folder_that_exists_are_made(folder: Path) -> None:
    (folder / "new" / "x").mkdir(parents=True)
    places = {Path("x/a.png"): Path("x"), Path("y/a.png"): Path("y")}
    assert [output.makes_folder for output in plan(list(map(str, places)), "new", places=places)] == [False, True]


def test_standard_input_gives_a_name() -> None:
    assert videos(plan(["-"])) == ["stdin.mp4"]
    assert videos(plan(["-", "a.png"], "new/")) == ["new/stdin.mp4", "new/a.mp4"]
    with pytest.raises(UsageError, match=r"^stdin and stdin: both results would be called stdin$"):
        plan(["-", "-"], "new/")


def test_raw_video_is_a_kind_of_file() -> None:
    (output,) = plan(["a.png"], kind="raw", save=frozenset({"labels"}))
    assert (output.video, output.kind, output.saved[0]) == (Path("a.rgb"), "raw", Path("a.labels.mp4"))
    (output,) = plan(["a.png"], "b.RGB")
    assert (output.video, output.kind) == (Path("b.RGB"), "raw")


def test_standard_output_takes_one_clip_and_leaves_nothing_but_a_sheet_on_disk() -> None:
    (output,) = plan(["a.png"], "-", kind="webm", to_stdout=True, sheet=Path("s.png"))
    assert (output.name, output.kind, output.files, output.folders) == ("standard output", "webm", [Path("s.png")], {})
    assert plan(["a.png"], "-", to_stdout=True)[0].kind == "mp4"


@pytest.mark.parametrize(
    ("label_maps", "flags", "message"),
    [
        (["a.png", "b.png"], {}, "-o -: standard output cannot take 2 clips"),
        (["a.png"], {"samples": 3}, "-o -: standard output cannot take 3 clips"),
        (["a.png"], {"kind": "png"}, "--format png: a folder of pictures cannot go to standard output"),
        (
            ["a.png"],
            {"save": frozenset({"labels", "flow"})},
            "--save flow,labels: lies beside the clip, which goes to standard output",
        ),
    ],
)
def test_what_standard_output_cannot_take(label_maps: list[str], flags: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        plan(label_maps, "-", to_stdout=True, **flags)
    assert caught.value.message == message
    assert caught.value.hint


def test_the_name_of_standard_output_is_no_file_for_those_who_do_not_mean_it() -> None:
    with pytest.raises(UsageError, match=r"^-o -: no ending that names a kind of video$"):
        plan(["a.png"], "-")
