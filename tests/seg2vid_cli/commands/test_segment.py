"""`seg2vid segment` with the fake backend, which tells a class by its colour."""

import json
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

import fake_backend
from seg2vid_interface.label_spaces import CITYSCAPES

pytestmark = pytest.mark.usefixtures("fake_backends")
COLORS = np.array([label_class.color for label_class in CITYSCAPES.classes], np.uint8)


@pytest.fixture
def teller(make_model):
    """A model that tells labels."""
    return make_model("teller", segments=True)


@pytest.fixture
def labels(street):
    """The street's train ids, some of them unlabelled."""
    array = np.array(Image.open(street))
    array[:4] = 255
    return array


@pytest.fixture
def photo(labels):
    """A picture of the street in its classes' colours."""
    Image.fromarray(COLORS[np.where(labels == 255, 19, labels)]).save("photo.png")
    return Path("photo.png")


def write_video(path, frames):
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=10, width=64, height=32, pix_fmt="bgr0")
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame).reformat(format="bgr0")))
        container.mux(stream.encode())


def read(path):
    with Image.open(path) as image:
        assert image.mode == "L"
        return np.array(image)


def test_a_label_map_of_a_picture_is_valid_input_again(seg2vid, teller, photo, labels):
    result = seg2vid("segment", photo, "-o", "maps/", "--model", teller)
    assert result.exit_code == 0, result.stderr
    assert result.stdout == "maps/photo.png\n"
    assert result.stderr == "model teller, backend fake, device cpu, precision fp32\n"
    np.testing.assert_array_equal(read("maps/photo.png"), labels)
    assert [path.name for path in Path("maps").iterdir()] == ["photo.png"]
    again = seg2vid("generate", "maps/photo.png", "-o", "a.mp4", "--model", teller)
    assert again.exit_code == 0, again.stderr
    assert "Cityscapes train ids" in again.stderr


def test_the_other_stages_need_not_be_there(seg2vid, teller, photo):
    for stage in ("image", "motion"):
        (teller / f"{stage}.weights").unlink()
    assert seg2vid("segment", photo, "-o", "maps", "--model", teller).exit_code == 0


def test_every_frame_of_a_video(seg2vid, teller, photo, labels):
    frames = [np.roll(np.array(Image.open(photo)), 3 * t, 1) for t in range(3)]
    write_video("drive.mkv", frames)
    result = seg2vid("segment", photo, "drive.mkv", "-o", "maps", "--model", teller, "--json")
    assert result.exit_code == 0, result.stderr
    data = json.loads(result.stdout)["data"]
    assert {name: data[name] for name in ("model", "backend", "device", "precision")} == {
        "model": "teller",
        "backend": "fake",
        "device": "cpu",
        "precision": "fp32",
    }
    assert [{name: x for name, x in told.items() if name != "seconds"} for told in data["outputs"]] == [
        {"input": "photo.png", "output": "maps/photo.png", "frames": 1, "height": 32, "width": 64},
        {"input": "drive.mkv", "output": "maps/drive", "frames": 3, "height": 32, "width": 64},
    ]
    assert sorted(path.name for path in Path("maps/drive").iterdir()) == ["000000.png", "000001.png", "000002.png"]
    for t in range(3):
        np.testing.assert_array_equal(read(f"maps/drive/{t:06d}.png"), np.roll(labels, 3 * t, 1))


def test_pictures_are_brought_to_the_models_size_and_it_is_said_if_that_distorts(seg2vid, teller, photo):
    Image.open(photo).resize((64, 64), Image.Resampling.NEAREST).save("square.png")
    result = seg2vid("segment", "square.png", "-o", "maps", "--model", teller)
    assert result.exit_code == 0, result.stderr
    assert "square.png: the picture is 64x64 (height x width, aspect 1.00) and the model 32x64" in result.stderr
    assert read("maps/square.png").shape == (32, 64)


def test_larger_maps_are_told_at_the_models_size(seg2vid, teller, photo, labels):
    Image.open(photo).resize((128, 64), Image.Resampling.NEAREST).save("large.png")
    result = seg2vid("segment", "large.png", "-o", "maps", "--model", teller, "--size", "64x128")
    assert result.exit_code == 0, result.stderr
    told = read("maps/large.png")
    assert told.shape == (64, 128)
    np.testing.assert_array_equal(told, told[::2, ::2].repeat(2, 0).repeat(2, 1))
    assert (told[::2, ::2] == labels).mean() > 0.9  # but for edges, which shrinking blurs


def test_a_model_that_cannot_is_refused(seg2vid, model, photo):
    result = seg2vid("segment", photo, "-o", "maps", "--model", model)
    assert result.exit_code == 2
    first, hint = result.stderr.splitlines()
    assert first == "error: --model tiny: it cannot tell the labels of a picture"
    assert "seg2vid train labels" in hint
    assert not Path("maps").exists()


def test_a_backend_that_cannot_is_refused(seg2vid, teller, photo, monkeypatch):
    class Blind(fake_backend.FakeSession):
        segment = None  # says to Python's protocols that it has none

    monkeypatch.setattr(fake_backend, "FakeSession", Blind)
    result = seg2vid("segment", photo, "-o", "maps", "--model", teller)
    assert result.exit_code == 2
    assert result.stderr.splitlines()[1] == "error: --backend fake: cannot tell the labels of a picture"
    assert not Path("maps").exists()


def test_what_cannot_be_read_does_not_stop_the_others(seg2vid, teller, photo):
    Path("broken.jpg").write_bytes(b"no picture")
    Path("broken.mp4").write_bytes(b"no video")
    result = seg2vid(
        "segment", "broken.jpg", "lost.avi", photo, "broken.mp4", "-o", "maps", "--model", teller, "--json"
    )
    assert result.exit_code == 1
    document = json.loads(result.stdout)
    assert document["error"]["message"] == "3 of 4 inputs failed"
    assert [told["output"] for told in document["data"]["outputs"]] == ["maps/photo.png"]
    messages = [failure["message"] for failure in document["data"]["failures"]]
    assert [message.partition(":")[0] for message in messages] == ["broken.jpg", "lost.avi", "broken.mp4"]
    assert sorted(path.name for path in Path("maps").iterdir()) == ["photo.png"]


def test_a_single_failure_is_the_error_and_leaves_nothing(seg2vid, teller):
    Path("broken.jpg").write_bytes(b"no picture")
    result = seg2vid("segment", "broken.jpg", "-o", "maps", "--model", teller)
    assert result.exit_code == 1
    assert "error: broken.jpg: not a picture, or damaged" in result.stderr
    assert not Path("maps").exists()


def test_overwriting_leaves_no_older_frames_among_the_new(seg2vid, teller, photo):
    frame = np.array(Image.open(photo))
    write_video("drive.mkv", [frame] * 3)
    command = ("segment", "drive.mkv", "-o", "maps", "--model", teller)
    assert seg2vid(*command).exit_code == 0
    refused = seg2vid(*command)
    assert refused.exit_code == 1
    assert refused.stderr.startswith("error: maps/drive/000000.png: exists already (and 2 more of this run's results)")
    write_video("drive.mkv", [frame] * 2)
    left_over = seg2vid(*command, "--overwrite")
    assert left_over.exit_code == 1
    assert "maps/drive: holds 000002.png, beyond the 2 files that would be written there" in left_over.stderr
    write_video("drive.mkv", [frame] * 4)
    assert seg2vid(*command, "--overwrite").exit_code == 0
    assert len(list(Path("maps/drive").iterdir())) == 4


@pytest.mark.parametrize("flags", [(), ("photo.png",), ("photo.png", "-o", "maps", "--size", "big")])
def test_wrong_usage(seg2vid, teller, photo, flags):
    assert seg2vid("segment", *flags, "--model", teller).exit_code == 2


class TestAPhotographAlone:
    """`generate --first-frame` without a label map."""

    def test_the_model_tells_the_map_itself(self, seg2vid, teller, photo, labels):
        flags = ("--model", teller, "--frames", 2, "--save", "labels,frames")
        result = seg2vid("generate", "--first-frame", photo, *flags, "-o", "alone.mp4")
        assert result.exit_code == 0, result.stderr
        assert "photo.png: no label map is given, so the model tells it from the picture" in result.stderr
        np.testing.assert_array_equal(read("alone.labels/000000.png"), labels)
        Image.fromarray(labels).save("map.png")
        assert seg2vid("generate", "map.png", "--first-frame", photo, *flags, "-o", "both.mp4").exit_code == 0
        for frame in ("000000.png", "000001.png"):
            assert Path(f"alone.frames/{frame}").read_bytes() == Path(f"both.frames/{frame}").read_bytes()

    def test_its_things_are_known_as_those_of_a_given_map(self, seg2vid, make_model, photo):
        driver = make_model("driver", segments=True, camera={})
        result = seg2vid(
            "generate", "--first-frame", photo, "--model", driver, "--frames", 2, "--save", "boxes", "-o", "a.mp4"
        )
        assert result.exit_code == 0, result.stderr
        assert "photo.png: no instance ids were given" in result.stderr
        assert len(json.loads(Path("a.boxes.json").read_text())) > 0
        Image.new("RGB", (64, 32), tuple(COLORS[0])).save("empty.png")
        refused = seg2vid("generate", "--first-frame", "empty.png", "--model", driver, "--save", "boxes", "-o", "b.mp4")
        assert refused.exit_code == 1
        assert "empty.png: --save boxes: there is no thing to save" in refused.stderr
        assert not Path("b.mp4").exists()

    def test_a_model_that_cannot_says_so(self, seg2vid, model, photo):
        result = seg2vid("generate", "--first-frame", photo, "--model", model)
        assert result.exit_code == 2
        assert result.stderr.splitlines() == [
            "error: LABEL is missing",
            "       The model tiny makes clips from label maps, and cannot tell one from a picture.",
        ]

    def test_without_a_photograph_it_says_what_would_do(self, seg2vid, teller):
        result = seg2vid("generate", "--model", teller)
        assert result.exit_code == 2
        assert "from label maps, or from a picture given with --first-frame" in result.stderr

    def test_instances_belong_to_a_map(self, seg2vid, teller, photo):
        result = seg2vid("generate", "--first-frame", photo, "--instances", photo, "--model", teller)
        assert result.exit_code == 2
        assert "--instances photo.png: are those of a label map, and none is given" in result.stderr

    def test_a_photograph_that_cannot_be_read(self, seg2vid, teller):
        result = seg2vid("generate", "--first-frame", "lost.jpg", "--model", teller)
        assert result.exit_code == 1
        assert result.stderr == "error: lost.jpg: no such file\n"
