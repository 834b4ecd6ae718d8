"""A labels stage from its run to label maps: exported alone and with others, and run by every backend."""

import json
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from seg2vid_interface.agreement import LABELS_TOLERANCE, measure_labels
from seg2vid_interface.backend import ExportRequest, OpenOptions, Segments
from seg2vid_interface.contract import LookContract, OpeningContract
from seg2vid_interface.errors import ModelError
from seg2vid_interface.graphs import graph_file
from seg2vid_interface.model_card import ModelFolder, open_model_folder
from seg2vid_onnx.backend import OnnxBackend
from seg2vid_openvino.backend import OpenVinoBackend
from seg2vid_torch.backend import TorchBackend
from street_data import label_map, picture

BACKENDS = (TorchBackend, OnnxBackend, OpenVinoBackend)


@pytest.fixture(scope="module")
def run(made_once, train_tiny):
    """A run that has learned what the drawn street looks like."""

    def make(folder: Path) -> None:
        intervals = dict.fromkeys(("log_interval", "checkpoint_interval", "sample_interval"), "60")
        train_tiny("labels", folder / "labels", steps=60, settings={"batch": "4", "learning_rate": "1e-2", **intervals})

    return made_once.get("labels-run", make) / "labels"


@pytest.fixture(scope="module")
def teller(kept_models, request) -> ModelFolder:
    """A model of that stage alone, with its graph."""

    def make(folder: Path) -> None:
        run = request.getfixturevalue("run")
        TorchBackend().export(ExportRequest((run,), folder / "teller", graphs=("fp32", "fp16")))

    return open_model_folder(kept_models.get("teller", make) / "teller")


@pytest.fixture
def model_folder(teller):
    return teller.path


class TestTorch(OpeningContract, LookContract):
    backend_class = TorchBackend


class TestOnnx(OpeningContract, LookContract):
    backend_class = OnnxBackend


class TestOpenVino(OpeningContract, LookContract):
    backend_class = OpenVinoBackend


def test_the_card_says_what_it_can(teller):
    card = teller.card
    assert (card.segments, card.abilities) == (True, ("label maps of pictures",))
    assert (card.height, card.width, card.label_space.name) == (64, 64, "cityscapes")
    stage = card.stages["labels"]
    assert card.gflop_per_frame == stage.gflop_per_frame > 0
    assert stage.quality["val_miou"] > 0.5
    assert set(stage.files) == {"labels.onnx", "labels.safetensors"}  # of which there is no half precision


def test_a_graph_of_half_precision_is_not_asked_for():
    assert graph_file("labels", "fp16") == "labels.onnx"


@pytest.mark.parametrize("backend", BACKENDS, ids=lambda backend: backend.name)
@pytest.mark.parametrize("size", [(64, 64), (64, 128), (128, 128)], ids=str)
def test_all_backends_tell_the_same(teller, backend, size):
    options = OpenOptions("cpu", "fp32", size)
    with TorchBackend().open(teller, options) as reference, backend().open(teller, options) as other:
        assert measure_labels(reference, other, teller.card) <= LABELS_TOLERANCE


def test_it_tells_what_the_picture_shows(teller):
    true = np.where(label_map(3) == 255, 19, label_map(3))[1::2, 1::2]
    shown = np.array(Image.fromarray(picture(label_map(3))).resize((64, 64), Image.Resampling.LANCZOS))
    with OnnxBackend().open(teller, OpenOptions("cpu", "fp32", (128, 128))) as session:
        assert isinstance(session, Segments)
        told = session.segment(shown)  # in a session of larger frames, too
    assert (told == true).mean() > 0.85


def test_a_run_adds_the_stage_to_a_model(runs, tmp_path, train_tiny):
    train_tiny("labels", tmp_path / "run", steps=0, settings={"height": "128", "width": "128"})
    TorchBackend().export(ExportRequest((runs["image"], runs["motion"]), tmp_path / "street"))
    result = TorchBackend().export(ExportRequest((tmp_path / "run", tmp_path / "street"), tmp_path / "new"))
    assert result.stages == ("image", "motion", "labels")
    before, after = (open_model_folder(tmp_path / name).card for name in ("street", "new"))
    assert after.stages["image"] == before.stages["image"]
    assert (after.segments, before.segments) == (True, False)
    assert "label maps of pictures" in after.abilities
    TorchBackend().export(ExportRequest((tmp_path / "new",), tmp_path / "again"))
    assert open_model_folder(tmp_path / "again").card.all_files() == after.all_files()


def test_a_stage_of_other_labels_is_refused(runs, tmp_path, train_tiny):
    settings = {"label_space": "cityscapes-label-ids"}
    train_tiny("labels", tmp_path / "run", steps=0, settings=settings)
    with pytest.raises(ModelError, match=r"another label space .*: cityscapes-label-ids, not cityscapes"):
        TorchBackend().export(ExportRequest((tmp_path / "run", runs["motion"]), tmp_path / "new"))


def test_weights_that_do_not_fit_the_card(teller, tmp_path):
    card = json.loads((teller.path / "model.json").read_text())
    card["stages"]["labels"]["network"] = {"kind": "u-net", "channels": [4, 4]}
    for name in card["stages"]["labels"]["files"]:
        (tmp_path / name).write_bytes((teller.path / name).read_bytes())
    (tmp_path / "model.json").write_text(json.dumps(card))
    with pytest.raises(ModelError, match="does not fit the card"):
        TorchBackend().open(open_model_folder(tmp_path), OpenOptions("cpu"))


def test_it_is_loaded_when_it_is_needed(run, runs, tmp_path):
    """Most clips are made of a label map, and need no labels stage."""
    folder = tmp_path / "street"
    TorchBackend().export(ExportRequest((run, runs["motion"]), folder))
    (folder / "labels.safetensors").unlink()
    with (
        TorchBackend().open(open_model_folder(folder), OpenOptions("cpu")) as session,
        pytest.raises(ModelError, match=r"labels\.safetensors is missing"),
    ):
        session.segment(np.zeros((128, 128, 3), np.uint8))


def test_the_program_segments_pictures_and_videos(seg2vid, teller):
    frames = [picture(label_map(t)) for t in range(3)]
    Image.fromarray(frames[0]).save("photo.jpg", quality=95)
    with av.open("drive.mp4", "w") as video:
        stream = video.add_stream("mpeg4", rate=10, width=128, height=128, pix_fmt="yuv420p", bit_rate=10**7)
        for frame in frames:
            video.mux(stream.encode(av.VideoFrame.from_ndarray(frame)))
        video.mux(stream.encode())
    result = seg2vid(
        "segment", "photo.jpg", "drive.mp4", "-o", "maps", "--model", teller.path, "--size", "128x128", "--json"
    )
    assert result.exit_code == 0, result.stderr
    outputs = json.loads(result.stdout)["data"]["outputs"]
    assert [(told["output"], told["frames"]) for told in outputs] == [("maps/photo.png", 1), ("maps/drive", 3)]
    for file, t in (("photo.png", 0), ("drive/000000.png", 0), ("drive/000002.png", 2)):
        told = np.asarray(Image.open(f"maps/{file}"))
        assert (told == label_map(t)).mean() > 0.8
        assert set(np.unique(told)) <= {*range(19), 255}
