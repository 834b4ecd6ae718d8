"""Videos that somebody filmed, whose labels a model tells: `seg2vid data --label-with`, up to a training."""

import json
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

import fake_backend
from recording_monitor import RecordingMonitor
from seg2vid_interface.backend import TrainingRequest
from seg2vid_interface.label_spaces import CITYSCAPES
from seg2vid_torch.backend import TorchBackend
from seg2vid_torch.data.packed import open_packed, shards_of
from street_data import TINY_KEY_FRAMES

pytestmark = pytest.mark.usefixtures("fake_backends")
COLORS = np.array([label_class.color for label_class in CITYSCAPES.classes], np.uint8)
SIZE = ("--size", "32x64")


@pytest.fixture
def teller(make_model):
    """A model that tells labels, by the colours of classes."""
    return make_model("teller", segments=True)


@pytest.fixture
def maps(street):
    """The class indices of 14 frames of a drive: the car moves, and what stands on the horizon is "other"."""
    still = np.array(Image.open(street))
    still[15] = 19
    maps = np.stack([still] * 14)
    for t in range(14):
        maps[t, 20:24, 10 + t : 20 + t] = 13
    return maps


@pytest.fixture
def drive(tmp_path, maps):
    """A folder with the video of the first ten of them to learn from and of the others to validate by."""
    for split, frames in (("train", maps[:10]), ("val", maps[10:])):
        path = tmp_path / "drive" / split / "monday.mkv"
        path.parent.mkdir(parents=True)
        with av.open(path, "w") as file:
            stream = file.add_stream("ffv1", rate=17, width=64, height=32, pix_fmt="bgr0")
            for frame in COLORS[frames]:
                file.mux(stream.encode(av.VideoFrame.from_ndarray(frame).reformat(format="bgr0")))
            file.mux(stream.encode())
    return tmp_path / "drive"


def shares_of(labels: np.ndarray) -> dict[str, float]:
    counts = np.bincount(labels.ravel(), minlength=20)
    order = [index for index in np.argsort(-counts, kind="stable") if counts[index]]
    return {CITYSCAPES.classes[index].name: round(counts[index] / labels.size, 4) for index in order}


def test_what_would_be_told_is_described(seg2vid, teller, drive, maps):
    command = ("data", "check", drive, "--dataset", "video", *SIZE, "--label-with", teller)
    result = seg2vid(*command, "--sheet", "sheet.png", "--json")
    assert result.exit_code == 0, result.output
    assert result.stderr == "labels are told by the model teller, backend fake, device cpu\n"
    data = json.loads(result.stdout)["data"]
    assert data.pop("read_per_second") > 0
    nothing = {"missing": [], "unreadable": [], "notes": []}
    assert data == {
        "labels": "told by the model teller",
        "splits": {
            "train": {
                "clips": 1,
                "frames": 10,
                "longest": 10,
                "sizes": {"32x64": 10},
                "shares": shares_of(maps[:10]),
                **nothing,
            },
            "val": {
                "clips": 1,
                "frames": 4,
                "longest": 4,
                "sizes": {"32x64": 4},
                "shares": shares_of(maps[10:]),
                **nothing,
            },
        },
        "sheet": "sheet.png",
    }
    lines = seg2vid(*command).stdout.splitlines()
    assert lines[1].startswith("    told by the model teller: road ")
    assert lines[-1].endswith(" frames/s are read and labelled")
    with Image.open("sheet.png") as sheet:
        assert (COLORS[maps[0]] == np.asarray(sheet)[20:52, 4:68]).all()
        assert (COLORS[maps[0]] == np.asarray(sheet)[20:52, 72:136]).all(), "its labels, which are its colours"


@pytest.mark.slow
def test_a_drive_is_packed_and_learned_from(seg2vid, teller, drive, maps):
    result = seg2vid("data", "pack", drive, "--dataset", "video", *SIZE, "--label-with", teller, "-o", "packed")
    assert (result.exit_code, result.stdout) == (0, "packed\n"), result.output
    assert result.stderr.splitlines()[1].startswith("10 frames for train, 4 frames for val; 2 files of ")
    index = json.loads(Path("packed/seg2vid-data.json").read_text())
    assert {name: index[name] for name in ("labels", "label_space", "classes")} == {
        "labels": "told by the model teller",
        "label_space": "cityscapes",
        "classes": 20,
    }
    packed = open_packed(Path("packed"))
    for split, labels in (("train", maps[:10]), ("val", maps[10:])):
        (read,) = shards_of(packed, split)
        np.testing.assert_array_equal(read.labels, labels)
        np.testing.assert_array_equal(read.images.transpose(0, 2, 3, 1), COLORS[labels])
    settings = TINY_KEY_FRAMES | {"height": "32", "width": "64", "steps": "2"}
    request = TrainingRequest("motion", (Path("packed"),), Path("run"), settings=settings, device="cpu")
    trained = TorchBackend().train(request, RecordingMonitor())
    assert (trained.step, trained.finished) == (2, True)
    counts = {"pictures": 10, "clips": 1, "windows": 2, "stills": 10}
    assert {name: trained.summary[name] for name in counts} == counts


def test_label_maps_that_are_there_are_not_read(seg2vid, teller, maps, tmp_path):
    """They may be of some frames alone, and damaged."""
    folder = tmp_path / "clips" / "train" / "monday"
    for kind in ("images", "labels"):
        (folder / kind).mkdir(parents=True)
    for t in range(3):
        Image.fromarray(COLORS[maps[t]]).save(folder / "images" / f"{t}.png")
    (folder / "labels" / "0.png").write_text("nonsense")
    result = seg2vid("data", "pack", tmp_path / "clips", *SIZE, "--label-with", teller, "-o", "packed")
    assert result.exit_code == 0, result.output
    assert f"{tmp_path / 'clips'}: its own label maps are not read, as all labels are told\n" in result.stderr
    (read,) = shards_of(open_packed(Path("packed")), "train")
    np.testing.assert_array_equal(read.labels, maps[:3])


def test_a_backend_that_cannot(seg2vid, teller, drive, monkeypatch):
    class Blind(fake_backend.FakeSession):
        segment = None  # says to Python's protocols that it has none

    monkeypatch.setattr(fake_backend, "FakeSession", Blind)
    result = seg2vid("data", "check", drive, "--dataset", "video", *SIZE, "--label-with", teller)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("error: --backend fake: cannot tell the labels of a picture\n")


@pytest.mark.parametrize(
    ("flags", "exit_code", "message"),
    [
        (["--label-with", "teller", "--label-format", "train-ids"], 2, "--label-format train-ids: contradicts"),
        (["--label-with", "tiny"], 2, "--label-with tiny: it cannot tell the labels of a picture\n       Take a model"),
        (["--label-with", "teller", "--label-space", "cityscapes-label-ids"], 2, "--label-space cityscapes-label-ids:"),
        (["--label-with", "lost"], 1, ""),
    ],
)
def test_wrong_usage(*, seg2vid, teller, model, drive, flags, exit_code, message):
    folders = {"teller": teller, "tiny": model}
    words = [folders.get(flag, flag) for flag in flags]
    result = seg2vid("data", "pack", drive, "--dataset", "video", *SIZE, *words, "-o", "packed")
    assert (result.exit_code, result.stdout) == (exit_code, ""), result.output
    assert message in result.stderr
    assert not Path("packed").exists()
