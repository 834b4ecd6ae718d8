"""`import seg2vid`: the same clips as the command line's, from files, pictures and arrays."""

import json
import logging
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import seg2vid
from seg2vid import Seg2VidError
from seg2vid import open as open_model
from seg2vid_interface.label_spaces import CITYSCAPES


@pytest.fixture
def tiny(fake_backends, model, monkeypatch, tmp_path):
    """The model "tiny", opened with the fake backend."""
    monkeypatch.setenv("SEG2VID_CACHE", str(tmp_path / "cache"))
    with seg2vid.open(model) as opened:
        yield opened


def test_it_says_what_was_opened(tiny):
    assert repr(tiny) == "<seg2vid model tiny, 32x64, fake on cpu, fp32>"
    assert (tiny.backend, tiny.device, tiny.precision, tiny.size) == ("fake", "cpu", "fp32", (32, 64))
    assert tiny.card.name == "tiny"


def test_a_saved_clip_is_the_command_lines(seg2vid, tiny, model, street):
    files = ("a.mp4", "a.labels.mp4", "a.flow/000002.npy", "a.frames/000005.png", "a.png")
    command = ("generate", street, "-o", "a.mp4", "--model", model, "--seed", 4, "--save", "labels,flow,frames")
    assert seg2vid(*command, "--sheet", "a.png").exit_code == 0
    before = {name: Path(name).read_bytes() for name in files}
    saved = tiny.generate(street, seed=4).save(
        "a.mp4", save=["labels", "flow", "frames"], sheet="a.png", overwrite=True
    )
    assert {name: Path(name).read_bytes() for name in files} == before
    assert list(map(str, saved)) == ["a.mp4", "a.labels.mp4", "a.labels", "a.flow.mp4", "a.flow", "a.frames", "a.png"]


def test_the_arrays_are_what_is_saved(tiny, street, tmp_path):
    clip = tiny.generate(street, frames=6, seed=2)
    clip.save(tmp_path / "a.mp4", save={"labels", "flow", "occlusion", "frames"})
    for name, array in {"frames": clip.frames, "labels": clip.labels}.items():
        files = sorted((tmp_path / f"a.{name}").iterdir())
        np.testing.assert_array_equal(array, [np.asarray(Image.open(file)) for file in files])
    for name, array in {"flow": clip.flow, "occlusion": clip.occlusion}.items():
        np.testing.assert_array_equal(array, [np.load(file) for file in sorted((tmp_path / f"a.{name}").iterdir())])
    assert (clip.frames.shape, clip.flow.shape) == ((6, 32, 64, 3), (5, 32, 64, 2))
    assert (clip.occlusion.shape, clip.labels.shape) == ((5, 32, 64), (6, 32, 64))
    assert {array.dtype.name for array in (clip.frames, clip.labels)} == {"uint8"}
    assert {array.dtype.name for array in (clip.flow, clip.occlusion)} == {"float32"}


@pytest.fixture
def driving(fake_backends, make_model):
    """A model with a camera."""
    with seg2vid.open(make_model("driving", camera={})) as opened:
        yield opened


def test_what_a_model_with_a_camera_tells(driving, street, tmp_path, caplog):
    ids = np.full((32, 64), 26005)
    clip = driving.generate(street, frames=6, seed=2, instances=ids, first_frame=np.zeros((32, 64, 3), np.uint8))
    saved = clip.save(tmp_path / "a.mp4", save=["depth", "instances", "boxes"])
    names = ["a.mp4", "a.depth.mp4", "a.depth", "a.instances.mp4", "a.instances", "a.boxes.json"]
    assert [path.name for path in saved] == names
    assert (clip.depth.shape, clip.depth.dtype, clip.instances.shape) == ((6, 32, 64), np.float32, (6, 32, 64))
    np.testing.assert_array_equal(clip.instances, np.where(clip.labels == 13, 26005, 0))
    np.testing.assert_array_equal(np.isinf(clip.depth), clip.labels == 10)
    np.testing.assert_array_equal(clip.depth, [np.load(file) for file in sorted((tmp_path / "a.depth").iterdir())])
    files = sorted((tmp_path / "a.instances").iterdir())
    np.testing.assert_array_equal(clip.instances, [np.asarray(Image.open(file)) for file in files])
    with caplog.at_level(logging.INFO, logger="seg2vid"):
        driving.generate(street, frames=2).save(tmp_path / "b.mp4", save=["boxes"])
    assert f"{street}: no instance ids were given" in caplog.records[-1].getMessage()


def test_a_map_without_things(driving, tmp_path):
    clip = driving.generate(np.zeros((32, 64), np.uint8), frames=2, label_format="train-ids")
    assert not clip.instances.any()
    with pytest.raises(seg2vid.Seg2VidError, match=r"^label_map: --save boxes: there is no thing to save"):
        clip.save(tmp_path / "a.mp4", save=["boxes"])
    saved = [path.name for path in clip.save(tmp_path / "a.mp4", save=["all"])]
    assert "a.depth" in saved
    assert not {"a.instances", "a.boxes.json"} & set(saved)


def test_flow_in_another_format(tiny, street, tmp_path):
    tiny.generate(street, frames=3).save(tmp_path / "a.mp4", save=["flow"], flow_format="kitti")
    assert [path.name for path in sorted((tmp_path / "a.flow").iterdir())] == ["000000.png", "000001.png"]
    with pytest.raises(seg2vid.Seg2VidError, match="flow-format exr"):
        tiny.generate(street).save(tmp_path / "b.mp4", save=["flow"], flow_format="exr")


def test_a_model_without_a_camera_tells_no_depth(tiny, street):
    clip = tiny.generate(street, frames=2)
    for name in ("depth", "instances"):
        with pytest.raises(AttributeError, match="no camera"):
            getattr(clip, name)


def test_frames_come_one_by_one_and_again(tiny, street):
    clip = tiny.generate(street, frames=7, seed=3)
    frames = list(clip)
    assert len(clip) == len(frames) == 7
    np.testing.assert_array_equal(frames, clip.frames)
    np.testing.assert_array_equal(list(clip), clip.frames)  # from the arrays that it now holds
    for first in tiny.generate(street):  # one may stop early
        np.testing.assert_array_equal(first.shape, (32, 64, 3))
        break


@pytest.mark.parametrize(
    "given",
    [
        str,
        Image.open,
        lambda path: np.asarray(Image.open(path)),
        lambda path: np.asarray(Image.open(path)).astype(np.int64),
        lambda path: np.asarray([c.color for c in CITYSCAPES.classes], np.uint8)[np.asarray(Image.open(path))],
    ],
    ids=["text", "picture", "array", "int64", "colours"],
)
def test_a_label_map_may_be_a_file_a_picture_or_an_array(tiny, street, given):
    np.testing.assert_array_equal(tiny.generate(given(street)).frames, tiny.generate(street).frames)


def test_labels_are_valid_input(tiny, street):
    labels = tiny.generate(street, frames=5).labels
    labels[-1, :4] = 255
    assert tiny.generate(labels[-1], label_format="train-ids").frames.shape == (6, 32, 64, 3)


def test_a_first_frame_may_be_an_array(tiny, street):
    picture = np.random.default_rng(0).integers(256, size=(32, 64, 3), dtype=np.uint8)
    np.testing.assert_array_equal(next(iter(tiny.generate(street, first_frame=picture))), picture)


def test_the_labels_of_a_picture(fake_backends, make_model, street):
    labels = np.asarray(Image.open(street)).copy()
    labels[:4] = 255
    photo = np.asarray([c.color for c in CITYSCAPES.classes], np.uint8)[np.where(labels == 255, 19, labels)]
    with seg2vid.open(make_model("teller", segments=True)) as teller:
        np.testing.assert_array_equal(teller.segment(photo), labels)
        alone = teller.generate(first_frame=photo, frames=3)
        np.testing.assert_array_equal(alone.labels[0], labels)
        np.testing.assert_array_equal(alone.frames, teller.generate(labels, first_frame=photo, frames=3).frames)


def test_a_model_that_tells_no_labels(tiny, street):
    photo = np.zeros((32, 64, 3), np.uint8)
    with pytest.raises(Seg2VidError, match="cannot tell the labels of a picture"):
        tiny.segment(photo)
    with pytest.raises(Seg2VidError, match="LABEL is missing"):
        tiny.generate(first_frame=photo)


def test_clips_are_judged_as_the_command_line_does(seg2vid, fake_backends, make_model, street):
    teller = make_model("teller", segments=True)
    flags = ("--model", teller, "--seed", 1, "--judge", 1, "--tries", 3)
    result = seg2vid("generate", street, *flags, "-o", "a.mp4", "--json")
    [told] = json.loads(result.stdout)["data"]["outputs"]
    with open_model(teller) as model:
        clip = model.generate(street, seed=1, judge=1, tries=3)
        assert (clip.sample, clip.label_agreement) == (told["sample"], told["judged"]["label_agreement"])
        shares = [model.generate(street, seed=1, sample=sample).label_agreement for sample in (1, 2, 3)]
        assert shares == [one["label_agreement"] for one in told["judged"]["tries"]]
        assert 0.9 < clip.label_agreement == max(shares) < 1
        clip.save("b.mp4")
        assert Path("a.mp4").read_bytes() == Path("b.mp4").read_bytes()
        good_enough = model.generate(street, seed=1, sample=2, judge=0.9)
        assert (good_enough.sample, good_enough.label_agreement) == (2, shares[1])


def test_a_model_that_cannot_judge(tiny, street):
    with pytest.raises(Seg2VidError, match="--judge: the model tiny cannot tell the labels of its frames"):
        tiny.generate(street, judge=0.5)
    with pytest.raises(Seg2VidError, match="--model tiny: it cannot tell the labels of a picture"):
        _ = tiny.generate(street).label_agreement


def test_a_clip_of_one_frame_has_no_flow(tiny, street):
    clip = tiny.generate(street, frames=1)
    assert (clip.flow.shape, clip.occlusion.shape, clip.labels.shape) == ((0, 32, 64, 2), (0, 32, 64), (1, 32, 64))


def test_samples_and_seeds_differ(tiny, street):
    clips = [tiny.generate(street, seed=seed, sample=sample).frames for seed, sample in ((0, 1), (1, 1), (0, 2))]
    assert not np.array_equal(clips[0], clips[1])
    assert not np.array_equal(clips[0], clips[2])


@pytest.mark.parametrize(
    ("label_map", "message"),
    [
        (np.zeros((32, 64)), "label_map: an array float64 (32, 64)"),
        (np.zeros((32, 64, 4), np.uint8), "label_map: an array uint8 (32, 64, 4)"),
        (np.zeros((0, 64), np.uint8), "label_map: an array uint8 (0, 64)"),
        (np.full((32, 64), -1), "label_map: holds -1 to -1"),
        (np.full((32, 64), 70000), "label_map: holds 70000 to 70000"),
        (np.zeros((4, 4), np.uint8), "label_map: 4x4 pixels are too few, 8x8 are the least"),
        (np.eye(32, 64, dtype=np.uint8), "label_map: a mask of one class, not a label map of a whole scene"),
        ("missing.png", "missing.png: no such file"),
        (None, "LABEL is missing"),
    ],
)
def test_what_cannot_be_a_label_map(tiny, label_map, message):
    with pytest.raises(seg2vid.Seg2VidError) as caught:
        tiny.generate(label_map)
    assert caught.value.message == message
    assert caught.value.hint or label_map is not None


@pytest.mark.parametrize(
    "wrong", [{"frames": 0}, {"seed": -1}, {"sample": 0}, {"fps": 0.01}, {"judge": 2}, {"tries": 0}]
)
def test_numbers_out_of_range(tiny, street, wrong):
    with pytest.raises(ValueError, match=rf"out of range: .*{next(iter(wrong))} = {next(iter(wrong.values()))}"):
        tiny.generate(street, **wrong)


def test_a_style_is_a_seed_or_a_picture(seg2vid, fake_backends, make_model, street, tmp_path):
    picture = np.full((9, 9, 3), 240, np.uint8)
    Image.fromarray(picture).save(tmp_path / "noon.png")
    folder = make_model("reading", reads_styles=True)
    with open_model(folder) as reading:
        own = reading.generate(street, frames=1, seed=3).frames
        np.testing.assert_array_equal(reading.generate(street, frames=1, seed=9, sample=2, style=3).frames, own)
        looks = [reading.generate(street, frames=1, style=look).frames for look in (picture, tmp_path / "noon.png")]
        np.testing.assert_array_equal(*looks)
        assert not np.array_equal(looks[0], own)
        with pytest.raises(ValueError, match="style = -1"):
            reading.generate(street, style=-1)
        clip = reading.generate(street, frames=2, style=tmp_path / "noon.png")
        with pytest.raises(Seg2VidError, match="noon"):
            clip.save(tmp_path / "a.mp4", sheet=tmp_path / "noon.png", overwrite=True)


def test_a_camera_is_text_a_file_rates_or_rows(seg2vid, fake_backends, make_model, street, tmp_path):
    file = tmp_path / "drive.csv"
    file.write_text("time,forward,yaw\n0,8,3\n")
    with open_model(make_model("driving", camera={})) as driving:
        expected = driving.generate(street, camera="forward=8,yaw=3").frames
        for camera in (str(file), file, {"forward": 8, "yaw": 3}, [(0, 8, 3)], [{"time": 0, "forward": 8, "yaw": 3}]):
            np.testing.assert_array_equal(driving.generate(street, camera=camera).frames, expected)
        assert not np.array_equal(driving.generate(street).frames, expected)
        with pytest.raises(Seg2VidError, match="no path of this name"):
            driving.generate(street, camera="lft")
        clip = driving.generate(street, camera=file)
        assert clip.save(tmp_path / "a.mp4", save=["camera"]) == [tmp_path / "a.mp4", tmp_path / "a.camera.json"]
        again = driving.generate(street, camera=tmp_path / "a.camera.json")
        np.testing.assert_array_equal(again.frames, expected)
        with pytest.raises(Seg2VidError, match="is read, and a result would replace it"):
            again.save(tmp_path / "a.mp4", save=["camera"], overwrite=True)


def test_a_camera_of_a_model_without_one(tiny, street, tmp_path):
    with pytest.raises(Seg2VidError, match="the camera of the model tiny does not drive as it is told"):
        tiny.generate(street, camera="left")
    with pytest.raises(Seg2VidError, match="--save camera: "):
        tiny.generate(street).save(tmp_path / "a.mp4", save=["camera"])


def test_nothing_is_replaced_unasked(tiny, street, tmp_path):
    (tmp_path / "a.mp4").write_text("mine")
    with pytest.raises(seg2vid.Seg2VidError, match="exists"):
        tiny.generate(street).save(tmp_path / "a.mp4")
    assert (tmp_path / "a.mp4").read_text() == "mine"


def test_what_it_was_made_from_is_not_replaced(tiny, street):
    before = street.read_bytes()
    with pytest.raises(seg2vid.Seg2VidError, match="is read, and a result would replace it"):
        tiny.generate(street).save(street.with_suffix(".mp4"), sheet=street, overwrite=True)
    assert street.read_bytes() == before


def test_what_was_found_is_logged(tiny, street, caplog):
    with caplog.at_level(logging.INFO, logger="seg2vid"):
        tiny.generate(street)
    assert [record.getMessage() for record in caplog.records] == [f"{street}: Cityscapes train ids"]


def test_a_model_without_labels(fake_backends, make_model):
    with seg2vid.open(make_model("plain", with_labels=False)) as model:
        clip = model.generate(first_frame=np.zeros((32, 64, 3), np.uint8))
        assert clip.flow.shape == (5, 32, 64, 2)
        with pytest.raises(AttributeError, match="knows no labels"):
            _ = clip.labels


def test_unknown_models_and_backends():
    with pytest.raises(seg2vid.Seg2VidError, match="elsewhere: no such model"):
        seg2vid.open("elsewhere")
    with pytest.raises(seg2vid.Seg2VidError, match="--backend mine: no such backend"):
        seg2vid.open(backend="mine")


def test_importing_it_imports_nothing_heavy():
    code = (
        "import sys, seg2vid; heavy = {'numpy', 'PIL', 'pydantic', 'typer', 'av', 'onnxruntime', 'torch', 'openvino'}; "
        "sys.exit(str(heavy & sys.modules.keys()) if heavy & sys.modules.keys() else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_example_for_notebooks_runs(tmp_path):
    script = Path(__file__).parents[2] / "examples" / "notebook.py"
    result = subprocess.run(
        [sys.executable, "-W", "error", script, tmp_path], check=False, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"notebook.mp4", "notebook.png"}
    assert "frames    (9, 128, 256, 3) uint8" in result.stdout
