import io
import json
import os
import signal
import sys
import time
from importlib.metadata import version
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from seg2vid_cli import plugins
from seg2vid_cli.app import app
from seg2vid_cli.commands.clip_flags import parse_style
from seg2vid_cli.commands.options import parse_size
from seg2vid_cli.terminal.signals import Stopped
from seg2vid_interface.label_spaces import CITYSCAPES
from seg2vid_interface.staging import moves

pytestmark = pytest.mark.usefixtures("fake_backends")


@pytest.fixture
def pipe(seg2vid):
    """Run the program in this process, like seg2vid, but with bytes on its standard input."""
    return lambda *args, stdin=b"": CliRunner().invoke(app, [str(arg) for arg in args], input=stdin)


def contents(folder: Path) -> dict[str, bytes]:
    """Return path -> bytes of everything below a folder; folders end with a slash."""
    return {
        f"{path.relative_to(folder).as_posix()}{'/' * path.is_dir()}": b"" if path.is_dir() else path.read_bytes()
        for path in folder.rglob("*")
    }


def read_video(path: Path) -> np.ndarray:
    """Return all frames: (N, H, W, 3) RGB."""
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


def read_frames(folder: Path) -> np.ndarray:
    return np.stack([np.array(Image.open(path)) for path in sorted(folder.glob("*.png"))])


def test_one_label_map_to_one_video(seg2vid, model, street):
    result = seg2vid("generate", street, "--model", model)
    assert result.exit_code == 0
    assert result.stdout == "street.mp4\n"
    assert result.stderr == (f"{street}: Cityscapes train ids\nmodel tiny, backend fake, device cpu, precision fp32\n")
    assert list(contents(Path())) == ["street.mp4"]
    assert read_video(Path("street.mp4")).shape == (6, 32, 64, 3)


def test_json_is_one_object_and_nothing_else(seg2vid, model, street):
    result = seg2vid("generate", street, "--model", model, "-o", "a.webm", "--frames", 5, "--seed", 3, "--json")
    document = json.loads(result.stdout)
    assert document["data"]["outputs"][0].pop("seconds") >= 0
    assert document == {
        "ok": True,
        "command": "generate",
        "version": version("seg2vid"),
        "data": {
            "model": "tiny",
            "backend": "fake",
            "device": "cpu",
            "precision": "fp32",
            "outputs": [
                {
                    "input": str(street),
                    "output": "a.webm",
                    "saved": [],
                    "frames": 5,
                    "height": 32,
                    "width": 64,
                    "seed": 3,
                    "sample": 1,
                    "style": 3,
                    "camera": None,
                }
            ],
        },
    }


def test_quiet_prints_results_alone(seg2vid, model, street):
    result = seg2vid("generate", street, "--model", model, "--quiet")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "street.mp4\n", "")


def test_save_lists_what_it_saved(seg2vid, model, street):
    flags = ("--save", "labels,flow,occlusion,first-frame,frames", "--sheet", "s.png", "--frames", 3)
    result = seg2vid("generate", street, "--model", model, "-o", "a.mp4", "--json", *flags)
    saved = json.loads(result.stdout)["data"]["outputs"][0]["saved"]
    assert set(saved) == {
        "a.labels.mp4",
        "a.labels",
        "a.flow.mp4",
        "a.flow",
        "a.occlusion.mp4",
        "a.occlusion",
        "a.first-frame.png",
        "a.frames",
        "s.png",
    }
    assert all(Path(path).exists() for path in saved)
    assert {path.name for path in Path("a.flow").iterdir()} == {"000000.npy", "000001.npy"}
    step = np.load("a.flow/000000.npy")[0, 0]
    assert np.array_equal(np.load("a.flow/000001.npy"), np.broadcast_to(step, (32, 64, 2)))
    frames = read_frames(Path("a.frames"))
    assert np.array_equal(np.array(Image.open("a.first-frame.png")), frames[0])


def test_save_all_saves_what_the_model_has(seg2vid, model, make_model, street):
    blind, driving = make_model("blind", with_labels=False), make_model("driving", camera={})
    saved = {}
    for name, flags in (
        ("sighted", (street, "--model", model)),
        ("blind", ("--model", blind)),
        ("driving", (street, "--model", driving)),
        ("still", (street,)),
    ):
        still = ("--model", model, "--frames", 1) if name == "still" else ()
        result = seg2vid("generate", *flags, *still, "-o", f"{name}.mp4", "--save", "all", "--json")
        assert result.exit_code == 0, result.stderr
        saved[name] = json.loads(result.stdout)["data"]["outputs"][0]["saved"]
    fields = {
        "labels": ["labels.mp4", "labels"],
        "flow": ["flow.mp4", "flow", "occlusion.mp4", "occlusion"],
        "camera": ["depth.mp4", "depth", "instances.mp4", "instances", "boxes.json", "camera.json"],
    }
    pictures = ["first-frame.png", "frames"]
    assert saved == {
        "sighted": [f"sighted.{end}" for end in fields["labels"] + fields["flow"] + pictures],
        "blind": [f"blind.{end}" for end in fields["flow"] + pictures],
        "driving": [f"driving.{end}" for end in [*fields["labels"], *fields["flow"], *fields["camera"], *pictures]],
        "still": [f"still.{end}" for end in fields["labels"] + pictures],
    }


def test_a_model_with_a_camera_saves_what_stands_where(seg2vid, make_model, street, tmp_path):
    ids = tmp_path / "ids.png"
    Image.fromarray(np.full((32, 64), 26005, np.uint16)).save(ids)
    flags = ("--model", make_model("driving", camera={}), "-o", "a.mp4", "--frames", 6, "--json")
    saved = ["a.depth.mp4", "a.depth", "a.instances.mp4", "a.instances", "a.boxes.json"]
    result = seg2vid("generate", street, *flags, "--save", "depth,instances,boxes", "--instances", ids)
    assert json.loads(result.stdout)["data"]["outputs"][0]["saved"] == saved
    assert "no instance ids" not in result.stderr
    assert {path.name for path in Path("a.depth").iterdir()} == {f"{t:06d}.npy" for t in range(6)}
    assert np.load("a.depth/000000.npy")[31, 0] == 1
    assert {value for frame in read_frames(Path("a.instances")) for value in np.unique(frame)} == {0, 26005}
    tracks = {a["track_id"] for a in json.loads(Path("a.boxes.json").read_text())["annotations"]}
    assert tracks == {26005}
    all_saved = ("labels.mp4", "labels", "flow.mp4", "flow", "occlusion.mp4", "occlusion")
    result = seg2vid("generate", street, *flags, "--save", "all", "--overwrite")
    assert json.loads(result.stdout)["data"]["outputs"][0]["saved"] == [
        *(f"a.{name}" for name in all_saved),
        *saved,
        "a.camera.json",
        "a.first-frame.png",
        "a.frames",
    ]
    assert (
        f"{street}: no instance ids were given, so touching things of a kind count as one; give --inst" in result.stderr
    )
    assert {value for frame in read_frames(Path("a.instances")) for value in np.unique(frame)} == {0, 1}


def test_boxes_of_what_has_none(seg2vid, make_model, model, street, tmp_path):
    road = tmp_path / "road.png"
    Image.fromarray(np.zeros((32, 64), np.uint8)).save(road)
    driving = make_model("driving", camera={})
    result = seg2vid("generate", street, "--model", model, "--save", "boxes")
    assert result.exit_code == 2
    assert result.stderr == (
        "error: --save boxes: this model has no camera, by which it could tell depth and things\n"
        "       Leave it out, or take a model whose `seg2vid models show` names depth and instances of every frame.\n"
    )
    result = seg2vid("generate", road, "--model", driving, "--save", "boxes", "--label-format", "train-ids")
    assert result.exit_code == 1
    assert result.stderr == (
        f"error: {road}: --save boxes: there is no thing to save\n"
        "       Things are what is one of person, rider, car, truck, bus, train, motorcycle, bicycle.\n"
    )
    assert contents(Path()) == {}
    flags = ("--label-format", "train-ids", "--save", "all", "-o", "new/", "--frames", 2)
    result = seg2vid("generate", road, street, "--model", driving, *flags)
    assert (result.exit_code, "new/road.depth" in str(sorted(map(str, Path("new").iterdir())))) == (0, True)
    assert {path.name for path in Path("new").glob("*.boxes.json")} == {"street.boxes.json"}


@pytest.mark.parametrize(("flow_format", "ending"), [("npy", "npy"), ("flo", "flo"), ("kitti", "png")])
def test_flow_is_saved_in_the_format_that_was_asked_for(seg2vid, model, street, flow_format, ending):
    flags = ("--save", "flow", "--flow-format", flow_format, "-o", "a.mp4", "--frames", 3)
    assert seg2vid("generate", street, "--model", model, *flags).exit_code == 0
    assert sorted(path.name for path in Path("a.flow").iterdir()) == [f"000000.{ending}", f"000001.{ending}"]


def test_a_new_folder_is_made_with_its_parents(seg2vid, model, street):
    assert seg2vid("generate", street, "--model", model, "-o", "a/b/").exit_code == 0
    assert list(contents(Path())) == ["a/", "a/b/", "a/b/street.mp4"]


def test_a_file_that_appears_while_a_clip_is_made_is_kept(seg2vid, model, street, monkeypatch):
    take = moves.take_free_name

    def late(staged: Path, target: Path) -> None:
        target.write_text("somebody else's")
        take(staged, target)

    monkeypatch.setattr(moves, "take_free_name", late)
    result = seg2vid("generate", street, "--model", model)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.endswith(
        "error: street.mp4: exists already\n       Replace it with --overwrite, or choose another -o.\n"
    )
    assert contents(Path()) == {"street.mp4": b"somebody else's"}


def test_what_a_run_that_was_killed_left_half_replaced_is_put_right_first(seg2vid, model, street):
    hidden = Path(".seg2vid-0123")
    for path, text in {
        hidden / "lock": "",
        hidden / "journal.json": '{".": {"put": ["street.labels.mp4", "street.mp4"], "taken away": []}}',
        hidden / "new" / "street.mp4": "new",
        hidden / "old" / "street.mp4": "old",
        Path("street.labels.mp4"): "new",
    }.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    result = seg2vid("generate", street, "--model", model)
    assert (result.exit_code, result.stderr.splitlines()[0]) == (1, "error: street.mp4: exists already")
    assert contents(Path()) == {"street.mp4": b"old"}


def test_the_same_seed_gives_the_same_file_and_another_seed_another(seg2vid, model, street):
    for name, seed in (("a", 4), ("b", 4), ("c", 5)):
        assert seg2vid("generate", street, "--model", model, "-o", f"{name}.mp4", "--seed", seed).exit_code == 0
    assert Path("a.mp4").read_bytes() == Path("b.mp4").read_bytes()
    assert not np.array_equal(read_video(Path("a.mp4")), read_video(Path("c.mp4")))


def first_frames(folder: str) -> list[np.ndarray]:
    return [read_frames(path)[0] for path in sorted(Path(folder).iterdir())]


def test_a_style_fixes_the_look_of_all_samples_and_leaves_the_motion(seg2vid, model, street):
    flags = "generate", street, "--model", model, "--samples", 2, "--format", "png"
    seg2vid(*flags, "--seed", 1, "-o", "own/")
    seg2vid(*flags, "--seed", 2, "--style", 1, "-o", "styled/")
    (first, second), (styled, styled_too) = first_frames("own"), first_frames("styled")
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(styled, first)  # the look of seed 1's first sample
    np.testing.assert_array_equal(styled_too, first)
    seg2vid(*flags, "--seed", 2, "-o", "other/")
    moved = [np.array(Image.open(f"{folder}/street_2/000003.png"))[1:] for folder in ("styled", "other")]
    where = [np.unravel_index((frame[..., 2].astype(int) - frame[..., 0]).argmax(), frame.shape[:2]) for frame in moved]
    assert where[0] == where[1]  # the car is where seed 2 moves it


def test_the_style_of_a_picture(seg2vid, make_model, street, tmp_path):
    reading = make_model("reading", reads_styles=True)
    for name, shade in (("dusk.png", 30), ("noon.png", 220)):
        Image.fromarray(np.full((50, 40, 3), shade, np.uint8)).save(tmp_path / name)
    flags = "generate", street, "--model", reading, "--format", "png", "--json"
    documents = [
        json.loads(seg2vid(*flags, "--style", tmp_path / f"{name}.png", "-o", f"{name}/").stdout)
        for name in ("dusk", "noon")
    ]
    assert [document["data"]["outputs"][0]["style"] for document in documents] == ["dusk.png", "noon.png"]
    ((dusk,), (noon,)) = first_frames("dusk"), first_frames("noon")
    assert noon[1:].mean() > dusk[1:].mean() + 10


@pytest.mark.parametrize(
    ("style", "first_frame", "exit_code", "message"),
    [
        ("-1", False, 2, "--style -1: must be between 0 and"),
        ("missing.jpg", False, 1, "missing.jpg: "),
        ("street.png", True, 2, "--style street.png: is of first frames that are made, and one is given"),
        ("7", True, 2, "--style 7: is of first frames that are made, and one is given"),
    ],
)
def test_styles_that_cannot_be(*, seg2vid, make_model, street, style, first_frame, exit_code, message):
    given = ("--first-frame", street) if first_frame else ()
    result = seg2vid("generate", street, "--model", make_model("reading", reads_styles=True), "--style", style, *given)
    assert (result.exit_code, result.stdout) == (exit_code, "")
    assert result.stderr.startswith(f"error: {message}")
    assert contents(Path()) == {}


def test_a_model_without_styles_or_without_the_encoder(seg2vid, model, street):
    result = seg2vid("generate", street, "--model", model, "--style", street)
    assert result.stderr.startswith(f"error: --style {street}: the model tiny cannot read the style of a picture")
    card = json.loads((model / "model.json").read_text())
    (model / "model.json").write_text(json.dumps(card | {"style_size": 0}))
    result = seg2vid("generate", street, "--model", model, "--style", 3)
    assert result.stderr == "error: --style 3: the model tiny knows no styles\n       Leave it out.\n"
    assert result.exit_code == 2


def test_a_style_picture_is_not_written_over(seg2vid, make_model, street, tmp_path):
    picture = tmp_path / "look.webp"
    Image.new("RGB", (64, 32), "orange").save(picture)
    reading, before = make_model("reading", reads_styles=True), picture.read_bytes()
    result = seg2vid("generate", street, "--model", reading, "--style", picture, "-o", picture, "--overwrite")
    assert result.exit_code == 2
    assert picture.read_bytes() == before


def test_parse_style():
    assert [parse_style(text) for text in ("7", "+7", "-1", "./7", "a.png")] == [7, 7, -1, Path("7"), Path("a.png")]


def driven(folder: str) -> np.ndarray:
    """Return what the fake backend paints of the camera's steps: (frames but the first, 3)."""
    return read_frames(Path(folder))[1:, 0, 2]


def test_the_camera_drives_as_it_is_told(seg2vid, make_model, street, tmp_path):
    driving = make_model("driving", camera={})
    (tmp_path / "drive.csv").write_text("time,forward,yaw\n0,8,3\n")
    flags = "generate", street, "--model", driving, "--format", "png", "--frames", 9
    documents = {
        name: json.loads(seg2vid(*flags, "-o", f"{name}/", "--json", *given).stdout)
        for name, given in {
            "rates": ("--camera", "forward=8,yaw=3"),
            "file": ("--camera", tmp_path / "drive.csv"),
            "still": ("--camera", "still"),
            "drawn": (),
        }.items()
    }
    cameras = {name: document["data"]["outputs"][0]["camera"] for name, document in documents.items()}
    assert cameras == {
        "rates": "forward=8,yaw=3",
        "file": str(tmp_path / "drive.csv"),
        "still": "still",
        "drawn": "drawn",
    }
    step = (128 + 100 * 8 / 17, 128 + 1000 * np.deg2rad(3 / 17), 128)
    np.testing.assert_array_equal(driven("rates/street"), np.full((8, 3), np.floor(step)))
    np.testing.assert_array_equal(driven("file/street"), driven("rates/street"))
    np.testing.assert_array_equal(driven("still/street"), np.full((8, 3), 128))
    assert len(np.unique(driven("drawn/street"), axis=0)) > 1


def test_all_samples_drive_the_path_that_was_given(seg2vid, make_model, street):
    flags = "generate", street, "--model", make_model("driving", camera={}), "--format", "png", "--samples", 2
    for name, given in (("given", ("--camera", "left")), ("drawn", ())):
        assert seg2vid(*flags, "-o", f"{name}/", *given).exit_code == 0
    np.testing.assert_array_equal(driven("given/street"), driven("given/street_2"))
    assert not np.array_equal(driven("drawn/street"), driven("drawn/street_2"))


def test_the_camera_that_was_saved_can_be_given_again(seg2vid, make_model, street):
    driving = make_model("driving", camera={"focal_length": 1.0, "horizon": 0.25})
    flags = "generate", street, "--model", driving, "--size", "64x128", "--frames", 7
    result = seg2vid(*flags, "-o", "a.mp4", "--save", "camera,frames", "--json")
    assert json.loads(result.stdout)["data"]["outputs"][0]["saved"] == ["a.camera.json", "a.frames"]
    document = json.loads(Path("a.camera.json").read_text())
    assert len(document["camera"]) == 9
    intrinsics = {"focal_length": 128.0, "principal_point": [63.5, 16.5], "camera_height": 1.2}
    assert document["intrinsics"] == intrinsics
    result = seg2vid(*flags, "-o", "b.mp4", "--save", "camera,frames", "--camera", "a.camera.json")
    assert result.exit_code == 0, result.stderr
    assert Path("b.camera.json").read_bytes() == Path("a.camera.json").read_bytes()
    np.testing.assert_array_equal(read_frames(Path("b.frames")), read_frames(Path("a.frames")))
    with av.open("b.mp4") as container:
        assert json.loads(container.metadata["comment"])["camera"] == "a.camera.json"
    result = seg2vid(*flags, "-o", "a.mp4", "--save", "camera", "--camera", "a.camera.json", "--overwrite")
    assert (result.exit_code, result.stderr.splitlines()[0]) == (
        2,
        "error: a.camera.json: is read, and a result would replace it",
    )


@pytest.mark.parametrize(
    ("camera", "exit_code", "message"),
    [
        ("lft", 2, "--camera lft: no path of this name"),
        ("speed=8", 2, "--camera speed=8: 'speed' is none of forward, yaw, pitch"),
        ("forward=400", 2, "--camera forward=400: forward is 400 m/s, beyond 60"),
        ("forward=nan", 2, "--camera forward=nan: forward is 'nan', no finite number"),
        ("no.csv", 1, "no.csv: no such file"),
        ("bad.csv", 1, "bad.csv: row 2: time 0.0 does not come after the 0.0 before it"),
    ],
)
def test_cameras_that_cannot_be(*, seg2vid, make_model, street, camera, exit_code, message):
    Path("bad.csv").write_text("time,forward\n0,8\n0,8\n")
    driving = make_model("driving", camera={})
    (driving / "motion.weights").unlink()  # it is not opened
    result = seg2vid("generate", street, "--model", driving, "--camera", camera)
    assert (result.exit_code, result.stdout) == (exit_code, "")
    assert result.stderr.startswith(f"error: {message}\n")
    assert len(result.stderr.splitlines()) == 2
    assert list(contents(Path())) == ["bad.csv"]


def test_a_longer_video_begins_with_the_shorter_one(seg2vid, model, street):
    for frames in (24, 48):
        flags = ("--frames", frames, "-o", f"{frames}/", "--format", "png")
        assert seg2vid("generate", street, "--model", model, *flags).exit_code == 0
    short, long = read_frames(Path("24/street")), read_frames(Path("48/street"))
    assert (len(short), len(long)) == (24, 48)
    assert np.array_equal(short, long[:24])


def test_several_inputs_and_samples(seg2vid, model, street, tmp_path):
    corner = tmp_path / "corner.png"
    Image.open(street).transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(corner)
    flags = ("--model", model, "--format", "png", "--frames", 5)
    result = seg2vid("generate", street, corner, "--samples", 2, "-o", "all/", *flags)
    assert result.stdout.replace(os.sep, "/") == "all/street\nall/street_2\nall/corner\nall/corner_2\n"
    assert seg2vid("generate", street, "-o", "one/", *flags).exit_code == 0
    assert np.array_equal(read_frames(Path("all/street")), read_frames(Path("one/street")))
    assert not np.array_equal(read_frames(Path("all/street")), read_frames(Path("all/street_2")))


def test_an_input_that_fails_does_not_stop_the_others(seg2vid, model, street, tmp_path):
    missing = tmp_path / "missing.png"
    result = seg2vid("generate", missing, street, "-o", "out/", "--model", model, "--json")
    assert result.exit_code == 1
    document = json.loads(result.stdout)
    assert document["ok"] is False
    assert document["error"] == {"code": "inputs", "message": "1 of 2 inputs failed", "hint": None}
    (failure,) = document["data"]["failures"]
    assert (failure["input"], failure["code"]) == (str(missing), "label_map")
    assert [clip["output"] for clip in document["data"]["outputs"]] == [str(Path("out/street.mp4"))]
    assert list(contents(Path())) == ["out/", "out/street.mp4"]
    assert f"error: {failure['message']}\n" in result.stderr
    assert result.stderr.endswith("error: 1 of 2 inputs failed\n")


def test_a_failure_in_the_middle_leaves_nothing(seg2vid, make_model, street):
    model = make_model(fails_at_chunk=2)
    result = seg2vid("generate", street, "-o", "out/", "--model", model, "--save", "labels,frames", "--sheet", "s.png")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.endswith("error: out of memory\n       Make smaller clips with --size.\n")
    assert contents(Path()) == {}
    failed = seg2vid("generate", street, "--model", model, "--json")
    assert json.loads(failed.stdout)["error"]["code"] == "backend"


def test_a_picture_from_standard_input(pipe, model, street):
    result = pipe("generate", "-", "--model", model, stdin=street.read_bytes())
    assert (result.exit_code, result.stdout) == (0, "stdin.mp4\n")
    assert result.stderr == "stdin: Cityscapes train ids\nmodel tiny, backend fake, device cpu, precision fp32\n"
    assert read_video(Path("stdin.mp4")).shape == (6, 32, 64, 3)
    result = pipe("generate", "-", street, "-o", "new/", "--model", model, "--json", stdin=street.read_bytes())
    clips = json.loads(result.stdout)["data"]["outputs"]
    assert [(clip["input"], Path(clip["output"]).name) for clip in clips] == [
        ("-", "stdin.mp4"),
        (str(street), "street.mp4"),
    ]
    assert Path("new/stdin.mp4").read_bytes() == Path("new/street.mp4").read_bytes()


@pytest.mark.parametrize(
    ("data", "message"),
    [(b"", "stdin: empty, not a picture"), (b"no picture", "stdin: not a picture, or damaged")],
)
def test_standard_input_without_a_picture(pipe, model, data, message):
    result = pipe("generate", "-", "--model", model, "--json", stdin=data)
    document = json.loads(result.stdout)
    assert (result.exit_code, document["error"]["code"], document["error"]["message"]) == (1, "label_map", message)
    assert document["data"]["failures"][0]["input"] == "-"
    assert contents(Path()) == {}


def test_a_file_that_is_called_like_standard_input(seg2vid, model, street):
    Path("-").write_bytes(street.read_bytes())
    result = seg2vid("generate", "./-", "--model", model, "-o", "a.mp4", "--json")
    assert json.loads(result.stdout)["data"]["outputs"][0]["input"] == str(Path("-").absolute())


@pytest.mark.parametrize("kind", ["mp4", "webm", "gif", "webp"])
def test_standard_output_gets_the_video_and_nothing_else(pipe, model, street, kind):
    result = pipe("generate", "-", "-o", "-", "--format", kind, "--model", model, stdin=street.read_bytes())
    assert (result.exit_code, contents(Path())) == (0, {})
    assert result.stderr == "stdin: Cityscapes train ids\nmodel tiny, backend fake, device cpu, precision fp32\n"
    seg2vid_file = Path(f"a.{kind}")
    assert pipe("generate", street, "-o", seg2vid_file, "--model", model).exit_code == 0
    if kind in {"gif", "webp"}:
        assert result.stdout_bytes == seg2vid_file.read_bytes()
        return
    with av.open(io.BytesIO(result.stdout_bytes)) as container:
        frames = np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])
    np.testing.assert_array_equal(frames, read_video(seg2vid_file))


def test_standard_output_gets_mp4_unless_told_otherwise_and_a_sheet_may_go_beside(pipe, model, street):
    result = pipe("generate", street, "-o", "-", "--model", model, "--sheet", "s.png", "--overwrite")
    assert (result.exit_code, list(contents(Path()))) == (0, ["s.png"])
    assert result.stdout_bytes[4:8] == b"ftyp"


def test_raw_video_and_the_line_that_reads_it(pipe, model, street):
    flags = ("--model", model, "--format", "raw", "--frames", 5, "--fps", 12.5)
    result = pipe("generate", street, "-o", "-", *flags)
    told = "rawvideo rgb24 64x32 12.5 fps: ffmpeg -f rawvideo -pix_fmt rgb24 -s 64x32 -r 12.5 -i {} clip.mp4"
    assert result.stderr.splitlines()[-1] == told.format("-")
    frames = np.frombuffer(result.stdout_bytes, np.uint8).reshape(5, 32, 64, 3)
    result = pipe("generate", street, *flags, "--save", "frames,labels")
    assert (result.stdout, result.stderr.splitlines()[-1]) == ("street.rgb\n", told.format("street.rgb"))
    assert Path("street.rgb").read_bytes() == frames.tobytes()
    np.testing.assert_array_equal(read_frames(Path("street.frames")), frames)
    assert Path("street.labels.mp4").exists()


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--json",), "--json: contradicts -o -, as both go to standard output"),
        (("--skip-existing",), "--skip-existing: nothing can exist on standard output"),
        (("--samples", 2), "-o -: standard output cannot take 2 clips"),
        (("--save", "labels"), "--save labels: lies beside the clip, which goes to standard output"),
        (("--format", "png"), "--format png: a folder of pictures cannot go to standard output"),
    ],
)
def test_what_standard_output_cannot_take(*, seg2vid, model, street, flags, message):
    result = seg2vid("generate", street, "-o", "-", "--model", model, *flags)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"error: {message}\n")
    assert contents(Path()) == {}


def test_a_failure_after_the_first_bytes_is_an_error(pipe, make_model, street):
    result = pipe("generate", street, "-o", "-", "--format", "raw", "--model", make_model(fails_at_chunk=2))
    assert (result.exit_code, len(result.stdout_bytes)) == (1, 5 * 32 * 64 * 3)
    assert result.stderr.endswith("error: out of memory\n       Make smaller clips with --size.\n")


def test_overwrite_contradicts_skip_existing(seg2vid, model, street):
    result = seg2vid("generate", street, "--model", model, "--overwrite", "--skip-existing")
    assert result.stderr == "error: --overwrite: contradicts --skip-existing\n       Leave one out.\n"
    assert result.exit_code == 2


@pytest.mark.parametrize("kind", ["mp4", "raw"])
def test_a_reader_that_has_seen_enough_is_no_error(start_seg2vid, model, street, tmp_path, kind):
    here = tmp_path / "here"
    here.mkdir()
    flags = ("--format", kind, "--frames", 20_000, "--quiet", "--model", model)
    process = start_seg2vid("generate", street, "-o", "-", *flags, cwd=here)
    assert len(process.stdout.buffer.read(1000)) == 1000
    process.stdout.close()
    process.stdout = None
    _, stderr = process.communicate(timeout=60)
    assert (process.returncode, stderr, contents(here)) == (0, "", {})


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_full_standard_output_is_one_error(start_seg2vid, model, street, tmp_path):
    with Path("/dev/full").open("w") as full:
        flags = ("-o", "-", "--quiet", "--model", model)
        process = start_seg2vid("generate", street, *flags, cwd=tmp_path, stdout=full.fileno())
        _, stderr = process.communicate(timeout=30)
    expected = "error: standard output: cannot be written: No space left on device\n"
    assert (process.returncode, stderr) == (1, expected)


def test_a_first_frame_begins_the_video(seg2vid, model, street, tmp_path):
    picture = np.random.default_rng(0).integers(0, 256, (32, 64, 3), np.uint8)
    Image.fromarray(picture).save(tmp_path / "first.png")
    flags = ("--first-frame", tmp_path / "first.png", "-o", "out/", "--format", "png")
    assert seg2vid("generate", street, "--model", model, *flags).exit_code == 0
    assert np.array_equal(read_frames(Path("out/street"))[0], picture)


def test_first_frames_are_found_by_the_stem(seg2vid, model, street, tmp_path):
    corner = tmp_path / "corner.png"
    Image.open(street).save(corner)
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for value, name in enumerate(("street.png", "corner.png"), 1):
        Image.new("RGB", (64, 32), (value, value, value)).save(pictures / name)
    flags = ("--model", model, "-o", "out/", "--format", "png", "--frames", 1)
    result = seg2vid("generate", street, corner, "--first-frame", pictures, *flags)
    assert result.exit_code == 0, result.stderr
    assert read_frames(Path("out/street")).max() == 1
    assert read_frames(Path("out/corner")).max() == 2
    result = seg2vid("generate", street, corner, "--first-frame", pictures / "street.png", *flags, "--overwrite")
    assert result.exit_code == 2
    assert result.stderr.startswith(f"error: --first-frame {pictures / 'street.png'}: one picture for 2 label maps\n")


def test_a_model_without_labels(seg2vid, make_model, street, tmp_path):
    model = make_model("blind", with_labels=False)
    Image.new("RGB", (64, 32), (9, 9, 9)).save(tmp_path / "first.png")
    result = seg2vid("generate", "--model", model, "--first-frame", tmp_path / "first.png", "--json")
    clip = json.loads(result.stdout)["data"]["outputs"][0]
    assert (result.exit_code, clip["input"], clip["output"]) == (0, None, "first.mp4")
    result = seg2vid("generate", street, "--model", model)
    assert result.exit_code == 2
    assert result.stderr == f"error: {street}: the model blind takes no label map\n       Leave LABEL out.\n"


def test_size_and_speed(seg2vid, model, street):
    result = seg2vid("generate", street, "--model", model, "--size", "128x160", "--fps", 5, "--frames", 2)
    assert result.exit_code == 0
    with av.open("street.mp4") as container:
        stream = container.streams.video[0]
        assert (stream.height, stream.width, stream.average_rate) == (128, 160, 5)
    assert "aspect" in result.stderr


def test_existing_results_are_kept_without_overwrite(seg2vid, model, street):
    Path("street.mp4").write_text("mine")
    result = seg2vid("generate", street, "--model", model)
    assert result.exit_code == 1
    assert "street.mp4" in result.stderr
    assert "--overwrite" in result.stderr
    assert contents(Path()) == {"street.mp4": b"mine"}
    assert seg2vid("generate", street, "--model", model, "--overwrite").exit_code == 0
    assert len(read_video(Path("street.mp4"))) == 6


@pytest.mark.parametrize(
    "text",
    ["128", "128x", "x128", "axb", "128x0", "7x128", "-128x128", "128x256x3", "", "8192x8224", "9" * 5000 + "x128"],
)
def test_wrong_sizes(seg2vid, model, street, text):
    result = seg2vid("generate", street, "--model", model, f"--size={text}")
    assert result.exit_code == 2
    assert result.stderr.startswith(f"error: --size {text}: ")


def test_the_models_own_rule_judges_the_size(seg2vid, make_model, street):
    small = make_model("small", sizes={"multiple": 8, "smallest": 16})
    assert seg2vid("generate", street, "--model", small, "--size", "64x96").exit_code == 0
    assert read_video(Path("street.mp4")).shape == (6, 64, 96, 3)
    strict = make_model("strict", sizes={"multiple": 32, "smallest": 32, "area_multiple": 4096})
    result = seg2vid("generate", street, "--model", strict, "--size", "160x288", "-o", "out/", "--backend", "fake")
    assert result.exit_code == 2
    assert result.stderr == (
        "error: --size 160x288: the model needs height x width to be a multiple of 4096\n"
        "       The nearest sizes it takes are 128x288 and 160x256; its own is 32x64.\n"
    )


def test_parse_size():
    assert parse_size("128x256") == (128, 256)
    assert parse_size("128X256") == (128, 256)
    assert parse_size("8192x8192") == (8192, 8192)


def label_maps(tmp_path: Path) -> dict[str, Path]:
    """Return label maps that cannot be read, by what is wrong with them."""
    ids = np.zeros((32, 64), np.uint8)
    noise = np.random.default_rng(0).integers(0, 256, (32, 64, 4), np.uint8)
    pictures = {
        "ids_outside.png": np.full((32, 64), 77, np.uint8),
        "photograph.png": noise[..., :3],
        "transparent.png": np.dstack([np.full((32, 64, 3), CITYSCAPES.classes[0].color), noise[..., 3]]).astype("u1"),
        "no_instances.png": np.full((32, 64), 60_000, np.uint16),
        "one_pixel.png": ids[:1, :1],
        "whole.png": ids,
    }
    for name, pixels in pictures.items():
        Image.fromarray(pixels).save(tmp_path / name)
    (tmp_path / "empty.png").touch()
    (tmp_path / "truncated.png").write_bytes((tmp_path / "photograph.png").read_bytes()[:-900])
    (tmp_path / "folder.png").mkdir()
    Image.new("L", (20_000, 20_000)).save(tmp_path / "gigantic.png", compress_level=1)
    return {path.stem: path for path in tmp_path.glob("*.png")} | {"missing": tmp_path / "missing.png"}


@pytest.fixture(scope="module")
def bad_label_maps(tmp_path_factory):
    return label_maps(tmp_path_factory.mktemp("bad"))


@pytest.mark.parametrize(
    "kind",
    [
        "missing",
        "folder",
        "empty",
        "truncated",
        "photograph",
        "ids_outside",
        "transparent",
        "no_instances",
        "one_pixel",
        "gigantic",
    ],
)
def test_bad_label_maps_are_refused_by_name(seg2vid, model, bad_label_maps, kind):
    result = seg2vid("generate", bad_label_maps[kind], "--model", model)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"error: {bad_label_maps[kind]}: ")
    assert len(result.stderr.splitlines()) <= 2
    assert contents(Path()) == {}
    document = json.loads(seg2vid("generate", bad_label_maps[kind], "--model", model, "--json").stdout)
    assert document["error"]["code"] == "label_map"


@pytest.mark.parametrize(
    ("flags", "exit_code", "message"),
    [
        (("-o", "missing/out.mp4"), 1, "missing"),
        (("-o", "out.avi"), 2, "out.avi"),
        (("-o", "out"), 2, "out"),
        (("--frames", 0), 2, "--frames 0: must be 1 or more"),
        (("--frames", "many"), 2, "Invalid value for '--frames'"),
        (("--fps", "nan"), 2, "--fps nan: must be between 0.1 and 240"),
        (("--samples", 0), 2, "--samples 0: must be 1 or more"),
        (("--samples", 2), 2, "several results"),
        (("--seed", -1), 2, "--seed -1: must be between 0 and"),
        (("--format", "avi"), 2, "Invalid value for '--format': 'avi' is not one of"),
        (("--save", ""), 2, "--save: an empty name"),
        (("--save", "flow,"), 2, "--save: an empty name"),
        (("--save", "depth"), 2, "--save depth"),
        (("--flow-format", "kitti"), 2, "--flow-format kitti: no flow is saved"),
        (("--save", "flow", "--flow-format", "exr"), 2, "Invalid value for '--flow-format': 'exr' is not one of"),
        (("--label-format", "vistas"), 2, "--label-format"),
        (("--first-frame", "none.png"), 1, "none.png"),
        (("--model", "motorway"), 1, "motorway: no such model and no such folder"),
        (("--backend", "tensorflow"), 2, "--backend tensorflow: no such backend"),
        (("--device", "gpu"), 2, "--device gpu: unknown"),
        (("--device", "cuda:"), 2, "--device cuda:: unknown"),
        (("--device", "cuda:1"), 1, "--device cuda:1: this machine has none"),
        (("--device", "cuda"), 1, "--device cuda: this machine has none"),
        (("--precision", "fp8"), 2, "Invalid value for '--precision'"),
        (("--save", "camera"), 2, "--save camera: this model's camera drives no path that is known"),
        (("--camera", "left"), 2, "--camera left: the camera of the model tiny does not drive as it is told"),
        (("--kamera", "left"), 2, "No such option: --kamera"),
    ],
)
def test_bad_flags_leave_nothing_behind(*, seg2vid, model, street, flags, exit_code, message):
    result = seg2vid("generate", street, "--model", model, *flags)
    assert (result.exit_code, result.stdout) == (exit_code, "")
    error = result.stderr[result.stderr.index("error: ") :]
    assert message in error.splitlines()[0]
    assert len(error.splitlines()) <= 2
    assert contents(Path()) == {}


def test_a_label_map_is_needed(seg2vid, model):
    result = seg2vid("generate", "--model", model)
    assert result.exit_code == 2
    assert result.stderr == "error: LABEL is missing\n       The model tiny makes clips from label maps.\n"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="permissions do not bind this user")
def test_a_folder_that_is_not_writable(seg2vid, model, street):
    Path("locked").mkdir(mode=0o500)
    result = seg2vid("generate", street, "--model", model, "-o", "locked/out.mp4")
    assert result.exit_code == 1
    assert "locked" in result.stderr
    assert contents(Path()) == {"locked/": b""}


def test_a_model_folder_with_a_missing_or_altered_file(seg2vid, model, street):
    (model / "motion.weights").write_text("altered")
    result = seg2vid("generate", street, "--model", model)
    assert result.exit_code == 1
    assert result.stderr.splitlines()[1:] == [
        f"error: {model / 'motion.weights'}: altered, its SHA-256 is not the card's",
        "       Fetch or export the model again.",
    ]
    (model / "motion.weights").unlink()
    result = seg2vid("generate", street, "--model", model)
    assert result.exit_code == 1
    assert result.stderr.splitlines()[1:] == [
        f"error: no backend can open the model: fake: {model}: the model's file motion.weights is missing",
        "       Fetch or export the model again.",
    ]
    assert contents(Path()) == {}


def test_without_a_working_backend(seg2vid, model, street, monkeypatch):
    monkeypatch.setattr(plugins, "AUTO_ORDER", ("uninstalled",))
    result = seg2vid("generate", street, "--model", model, "--quiet")
    assert result.exit_code == 1
    assert result.stderr == (
        "error: no backend can open the model: uninstalled: Fake is not installed: pip install fake\n"
        "       `seg2vid backends` shows them all.\n"
    )


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no signals")
@pytest.mark.parametrize(("name", "exit_code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
@pytest.mark.parametrize("target", ["street.mp4", "out/", "a/b/"])
def test_a_signal_in_the_middle_leaves_nothing(*, start_seg2vid, make_model, street, tmp_path, name, exit_code, target):
    model = make_model(seconds_per_chunk=0.2)
    here = tmp_path / "here"
    here.mkdir()
    flags = ("--frames", 4000, "--save", "labels,frames", "-o", target)
    process = start_seg2vid("generate", street, "--model", model, *flags, cwd=here)
    deadline = time.monotonic() + 20
    while not any(path.is_file() for path in here.rglob("*")) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert contents(here) != {}, "the clip is being written"
    process.send_signal(getattr(signal, name))
    stdout, stderr = process.communicate(timeout=20)
    assert (process.returncode, stdout) == (exit_code, "")
    assert stderr.splitlines()[-1] == {130: "interrupted", 143: "terminated", 129: "hung up"}[exit_code]
    assert "Traceback" not in stderr
    assert contents(here) == {}


DISTURBED = """\
import signal
try:
    signal.raise_signal({number})
    sum(range(10))
except BaseException as error:  # as a compiled module's start makes of it
    raise ImportError("initialization failed") from error
from fake_backend import FakeBackend
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no signals")
@pytest.mark.parametrize(("number", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_while_a_backend_is_imported_does_not_leave_the_clip_to_another(
    *, start_seg2vid, fake_packages, make_model, street, tmp_path, number, exit_code
):
    here = tmp_path / "here"
    here.mkdir()
    (fake_packages / "disturbed_backend.py").write_text(DISTURBED.format(number=int(number)))
    with (fake_packages / "seg2vid_fakes-1.0.dist-info" / "entry_points.txt").open("a") as file:
        file.write("disturbed = disturbed_backend:FakeBackend\n")
    words = ("generate", street, "--model", make_model(seconds_per_chunk=0.2))
    process = start_seg2vid(*words, cwd=here, auto_order=("disturbed", "fake"))
    stdout, stderr = process.communicate(timeout=20)
    assert (process.returncode, stdout, stderr.splitlines()[-1]) == (exit_code, "", Stopped(number).message)
    assert contents(here) == {}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_full_stdout_is_one_error_and_keeps_the_clip(start_seg2vid, model, street, tmp_path):
    here = tmp_path / "here"
    here.mkdir()
    with Path("/dev/full").open("w") as full:
        process = start_seg2vid("generate", street, "--model", model, "--quiet", cwd=here, stdout=full.fileno())
        _, stderr = process.communicate(timeout=20)
    assert (process.returncode, stderr) == (1, "error: standard output: No space left on device\n")
    assert list(contents(here)) == ["street.mp4"]
