"""Motion stages without labels, in colour and in grey: trained on pictures alone, exported, run."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from recording_monitor import RecordingMonitor
from seg2vid_interface.backend import ExportRequest, OpenOptions, Session
from seg2vid_interface.clips import Chunk, ClipRequest
from seg2vid_interface.errors import ModelError
from seg2vid_interface.graphs import OUTPUTS, tensors
from seg2vid_interface.label_spaces import CITYSCAPES, NO_LABELS
from seg2vid_interface.model_card import ModelFolder, open_model_folder
from seg2vid_onnx.backend import OnnxBackend
from seg2vid_torch.backend import TorchBackend
from seg2vid_torch.data.batches import one_hot
from seg2vid_torch.data.datasets.opening import fingerprint, open_data_sets
from seg2vid_torch.data.frame_store import load_frames
from seg2vid_torch.networks.colors import from_rgb, to_rgb
from seg2vid_torch.training.checkpoint import read_checkpoint
from street_data import label_map, picture, write_clips

PRESETS = ("paper-no-labels", "paper-no-labels-grey")


@pytest.fixture
def colour_model(unlabelled_runs, tmp_path) -> ModelFolder:
    TorchBackend().export(ExportRequest((unlabelled_runs["paper-no-labels"],), tmp_path / "colour"))
    return open_model_folder(tmp_path / "colour")


def request(session: Session, frames: int) -> ClipRequest:
    draw = np.random.default_rng(0).standard_normal
    return ClipRequest(
        label_map=None,
        first_frame=picture(label_map()),
        latent=draw(session.latent_size, np.float32),
        style=np.zeros(0, np.float32),
        chunk_noise=lambda chunk: np.random.default_rng(chunk).standard_normal((3, 128, 128), np.float32),
        frames=frames,
        fields=frozenset({"flow", "occlusion"}),
    )


def clip(session: Session, frames: int = 10) -> list[Chunk]:
    return [chunk for (chunk,) in session.generate([request(session, frames)])]


def frames_of(chunks: list[Chunk]) -> np.ndarray:
    return np.concatenate([chunk.frames for chunk in chunks])


def test_no_labels_are_tensors_without_channels():
    assert one_hot(torch.zeros(2, 3, 4, dtype=torch.uint8), 0).shape == (2, 0, 3, 4)
    expected = torch.tensor([[[[1.0, 0.0]], [[0.0, 0.0]], [[0.0, 1.0]]]])
    assert torch.equal(one_hot(torch.tensor([[[0, 2]]]), 3), expected)


def test_grey_is_pillow_s_and_comes_back_as_three_channels():
    colours = picture(label_map())
    grey = from_rgb(torch.from_numpy(colours).movedim(-1, 0), 1)
    expected = np.asarray(Image.fromarray(colours).convert("L")).astype(int)
    assert grey.shape == (1, 128, 128)
    assert np.abs(grey[0].numpy() - expected).max() <= 1  # Pillow's weights are of 16 bits
    assert torch.equal(to_rgb(grey), grey.repeat(3, 1, 1))
    assert torch.allclose(from_rgb(to_rgb(grey) / 255, 1), grey / 255)


def test_no_label_maps_are_looked_for(tmp_path):
    root = write_clips(tmp_path / "data", labelled=False)
    store = load_frames(open_data_sets([root], NO_LABELS), "train", height=128, width=128, channels=1)
    assert (store.images.shape, store.labels.shape) == ((12, 1, 128, 128), (12, 128, 128))
    assert store.labels.untyped_storage().nbytes() == 1
    assert store.clips == (range(12),)
    expected = from_rgb(torch.from_numpy(picture(label_map(shift=3)).transpose(2, 0, 1)), 1)
    assert torch.equal(store.images[3], expected)


def test_the_same_pictures_are_the_same_data_with_and_without_labels(tmp_path):
    labelled = write_clips(tmp_path / "labelled")
    unlabelled = write_clips(tmp_path / "unlabelled", labelled=False)
    assert fingerprint(open_data_sets([labelled], CITYSCAPES)) == fingerprint(open_data_sets([unlabelled], NO_LABELS))


@pytest.mark.parametrize("preset", PRESETS)
def test_a_run_has_measures_and_samples(unlabelled_runs, preset):
    run = unlabelled_runs[preset]
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [1, 2, 3]
    assert {"kl", "reconstruction", "val_psnr_T"} <= lines[-1].keys()
    assert not any(name.startswith("teacher") for name in lines[-1])
    sheet = np.asarray(Image.open(run / "samples" / "0000003.png"))
    assert sheet.shape == (4 * 128, 7 * 128, 3)
    assert (np.ptp(sheet, axis=-1).max() == 0) == preset.endswith("grey")
    assert json.loads((run / "settings.json").read_text())["label_space"]["name"] == "none"


@pytest.mark.parametrize("preset", [PRESETS[0], pytest.param(PRESETS[1], marks=pytest.mark.slow)])
def test_a_resumed_run_ends_with_the_same_bits(unlabelled_runs, train_unlabelled, preset, tmp_path):
    stopped = train_unlabelled(preset, tmp_path / "run", RecordingMonitor(stop_after=2))
    assert (stopped.step, stopped.finished) == (2, False)
    assert train_unlabelled(preset, tmp_path / "run").finished
    unbroken, broken = (read_checkpoint(run / "checkpoint.pt") for run in (unlabelled_runs[preset], tmp_path / "run"))
    for part in ("networks", "averaged"):
        assert unbroken[part].keys() == broken[part].keys()
        assert all(torch.equal(value, broken[part][name]) for name, value in unbroken[part].items())


def test_the_card_says_that_there_are_no_labels(colour_model, grey_graph_model):
    for model in (colour_model, grey_graph_model):
        assert (model.card.label_space, list(model.card.stages)) == (None, ["motion"])
        assert model.card.stages["motion"].gflop_per_frame > 0
    assert (colour_model.card.grey, grey_graph_model.card.grey) == (False, True)
    names = [tensor.name for tensor in tensors(OUTPUTS["motion"], colour_model.card)]
    assert names == ["frames", "forward_flow", "backward_flow", "occlusion", "next_frame"]


def test_a_longer_clip_begins_with_the_shorter_one(colour_model):
    with TorchBackend().open(colour_model, OpenOptions(device="cpu")) as session:
        shorter, longer = (frames_of(clip(session, frames)) for frames in (7, 24))
    assert longer.shape == (24, 128, 128, 3)
    assert np.array_equal(longer[:7], shorter)
    assert np.ptp(longer[1:], axis=-1).max() > 0  # in colour


def test_torch_and_onnx_runtime_make_the_same_grey_clip(grey_graph_model):
    options = OpenOptions(device="cpu", precision="fp32")
    with TorchBackend().open(grey_graph_model, options) as torch_session:
        ours = clip(torch_session)
    with OnnxBackend().open(grey_graph_model, options) as onnx_session:
        theirs = clip(onnx_session)
    assert np.abs(frames_of(ours).astype(int) - frames_of(theirs)).max() <= 2
    assert np.ptp(frames_of(ours)[1:], axis=-1).max() == 0
    for one, other in zip(ours, theirs, strict=True):
        assert one.labels is None
        assert other.labels is None
        assert np.abs(one.forward_flow - other.forward_flow).max() <= 0.05
        assert np.abs(one.occlusion - other.occlusion).max() <= 0.01


def test_a_model_can_be_exported_again(grey_graph_model, tmp_path):
    TorchBackend().export(ExportRequest((grey_graph_model.path,), tmp_path / "again"))
    again, before = open_model_folder(tmp_path / "again").card, grey_graph_model.card
    assert (again.label_space, again.grey, again.latent_size) == (None, True, before.latent_size)
    files = again.stages["motion"].files
    assert files["motion.safetensors"] == before.stages["motion"].files["motion.safetensors"]


def test_an_image_stage_does_not_go_with_it(unlabelled_runs, runs, tmp_path):
    sources: tuple[Path, ...] = (runs["image"], unlabelled_runs["paper-no-labels"])
    with pytest.raises(ModelError, match="different label spaces"):
        TorchBackend().export(ExportRequest(sources, tmp_path / "model"))


def test_a_label_map_is_not_needed_but_a_first_frame_is(colour_model):
    with TorchBackend().open(colour_model, OpenOptions(device="cpu")) as session:
        bare = replace(request(session, 2), first_frame=None)
        with pytest.raises(ModelError, match="no image stage"):
            next(iter(session.generate([bare])))
