"""Training of pix2pixHD as the image stage, by the same loop as the others."""

import json
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
import torch
from PIL import Image

from recording_monitor import RecordingMonitor
from seg2vid_interface.backend import ExportRequest, OpenOptions, TrainingRequest
from seg2vid_interface.clips import ClipRequest
from seg2vid_interface.errors import ModelError, SettingsError
from seg2vid_interface.instance_edges import instance_edges
from seg2vid_interface.label_spaces import CITYSCAPES
from seg2vid_interface.model_card import open_model_folder
from seg2vid_torch.backend import TorchBackend
from seg2vid_torch.data.datasets.opening import open_data_sets
from seg2vid_torch.data.frame_store import load_frames
from seg2vid_torch.training.checkpoint import read_checkpoint
from seg2vid_torch.training.schedule import linear_decay
from seg2vid_torch.weights.downloads import WebFile
from street_data import TINY_PIX2PIXHD
from vgg_file import write_vgg_file

TERMS = {"adversarial", "feature_matching", "perceptual", "discriminator_real", "discriminator_generated"}


@pytest.fixture(scope="module")
def vgg_file(tmp_path_factory):
    return write_vgg_file(tmp_path_factory.mktemp("vgg") / "vgg.pth")


@pytest.fixture(scope="module")
def train(clips, vgg_file):
    """Train a tiny pix2pixHD: train(out, steps=..., settings=..., monitor=...)."""

    def train(out, *, steps=4, settings=MappingProxyType({}), monitor=None, **rest):
        changed = {**TINY_PIX2PIXHD, "vgg_weights": str(vgg_file), "steps": str(steps), **settings}
        request = TrainingRequest(
            "image", (clips,), out, preset="pix2pixhd", settings=changed, **{"device": "cpu", **rest}
        )
        return TorchBackend().train(request, monitor or RecordingMonitor())

    return train


@pytest.fixture(scope="module")
def run(train, tmp_path_factory):
    """A finished run of four steps."""
    out = tmp_path_factory.mktemp("runs") / "pix2pixhd"
    train(out)
    return out


def weights(run: Path) -> dict[str, torch.Tensor]:
    state = read_checkpoint(run / "checkpoint.pt")
    return {**state["networks"], **{f"averaged.{k}": v for k, v in state["averaged"].items()}}


def test_a_run_holds_every_term_validation_and_a_sheet(run):
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [1, 2, 3, 4]
    assert lines[0].keys() == TERMS | {"step", "samples_per_second"}
    assert lines[-1].keys() - lines[0].keys() == {"val_reconstruction"}
    with Image.open(run / "samples" / "0000004.png") as sheet:
        assert sheet.size == (3 * 64, 6 * 64)  # label map, generated, true; six validation stills


def test_every_part_of_both_networks_moves(train, run, tmp_path):
    train(tmp_path / "run", steps=0)
    before, after = weights(tmp_path / "run"), weights(run)
    # A bias before an instance norm has no say.
    unmoved = {name for name in before if name.endswith("weight") and torch.equal(before[name], after[name])}
    assert unmoved == set()


def test_a_stopped_and_resumed_run_ends_with_the_same_bits(train, run, tmp_path):
    assert not train(tmp_path / "run", monitor=RecordingMonitor(stop_after=3)).finished
    monitor = RecordingMonitor()
    assert train(tmp_path / "run", monitor=monitor).finished
    assert monitor.begun_at == 3
    unbroken, broken = weights(run), weights(tmp_path / "run")
    assert unbroken.keys() == broken.keys()
    assert all(torch.equal(unbroken[name], broken[name]) for name in unbroken)


def test_other_vgg_weights_do_not_go_on_with_a_run(train, tmp_path):
    path = write_vgg_file(tmp_path / "mine.pth")
    train(tmp_path / "run", steps=1, settings={"vgg_weights": str(path)})
    write_vgg_file(path, seed=1)
    with pytest.raises(SettingsError, match=r"other settings: vgg_weights \(\w+\.\.\. -> \w+\.\.\.\)"):
        train(tmp_path / "run", steps=1, settings={"vgg_weights": str(path)})


def test_a_dry_run_fetches_nothing_and_says_what_would_be(train, tmp_path, monkeypatch):
    cache, file = tmp_path / "cache", write_vgg_file(tmp_path / "vgg.pth")
    fetched = []

    def fetch(download, folder):
        fetched.append(folder)
        return file

    monkeypatch.setattr(WebFile, "fetch", fetch)
    arguments = {"steps": 0, "settings": {"vgg_weights": "download"}, "cache": cache}
    dry = train(tmp_path / "run", dry_run=True, **arguments)
    assert dry.summary["VGG19's weights"] == "to be fetched (548 MB)"
    assert fetched == []
    assert [path.name for path in tmp_path.iterdir()] == ["vgg.pth"]
    real = train(tmp_path / "run", **arguments)
    assert "VGG19's weights" not in real.summary
    assert fetched == [cache]
    again = train(tmp_path / "run", dry_run=True, **arguments)  # the run exists, but the file is gone from the cache
    assert (again.step, again.finished, fetched) == (0, True, [cache])
    with pytest.raises(SettingsError, match=r"settings\.batch"):  # before anything is fetched
        train(tmp_path / "run", **arguments | {"settings": {"vgg_weights": "download", "batch": "3"}})
    assert fetched == [cache]


def test_more_steps_raise_the_learning_rate_again(train, tmp_path):
    settings = {"weights.perceptual": "0", "vgg_weights": "not looked for"}
    rates = []
    for steps in (2, 3):
        train(tmp_path / "run", steps=steps, settings=settings)
        optimizers = read_checkpoint(tmp_path / "run" / "checkpoint.pt")["optimizers"]
        rates.append(optimizers["generator"]["param_groups"][0]["lr"] / 2e-4)
    assert rates == pytest.approx([linear_decay(1 / 2, 0.5), linear_decay(2 / 3, 0.5)])


def test_it_does_without_vgg_and_edges_and_with_an_enhancer(train, tmp_path):
    settings = {
        "vgg_weights": "not looked for",
        "weights.perceptual": "0",
        "network.instance_edges": "false",
        "network.enhancer_blocks": "1",
        "network.discriminator_scales": "3",
    }
    result = train(tmp_path / "run", steps=1, settings=settings)
    assert TERMS - result.metrics.keys() == {"perceptual"}
    state = weights(tmp_path / "run")
    assert state["generator.entry.1.weight"].shape == (4, 20, 7, 7)
    assert state["discriminator.scales.2.layers.0.0.weight"].shape == (4, 23, 4, 4)


def test_the_edges_of_the_label_map_are_a_condition(run):
    state = weights(run)
    assert state["generator.features.entry.1.weight"].shape == (4, 21, 7, 7)
    assert state["discriminator.scales.0.layers.0.0.weight"].shape == (4, 24, 4, 4)


def test_missing_vgg_weights_leave_no_run_behind(train, tmp_path):
    with pytest.raises(ModelError, match=r"vgg_weights = none\.pth: no such file"):
        train(tmp_path / "run", settings={"vgg_weights": "none.pth"})
    assert list(tmp_path.iterdir()) == []


def test_the_learning_rate_falls_over_the_second_half(run):
    optimizers = read_checkpoint(run / "checkpoint.pt")["optimizers"]
    assert [optimizers[name]["param_groups"][0]["lr"] for name in ("generator", "discriminator")] == [1e-4, 1e-4]


def test_a_run_is_exported_and_makes_what_it_made_in_training(run, clips, tmp_path):
    TorchBackend().export(ExportRequest((run,), tmp_path / "model"))
    model = open_model_folder(tmp_path / "model")
    card = model.card
    assert (card.label_space, card.image_label_space, card.instance_edges, card.image_scale) == (
        CITYSCAPES,
        None,
        True,
        1,
    )
    labels = load_frames(open_data_sets([clips], CITYSCAPES), "val", height=64, width=64).labels[0].numpy()
    request = ClipRequest(
        label_map=labels,
        first_frame=None,
        latent=np.zeros(0, np.float32),
        style=np.zeros(0, np.float32),
        chunk_noise=lambda _: np.zeros((3, 64, 64), np.float32),
        frames=1,
        edges=instance_edges(labels),
    )
    with TorchBackend().open(model, OpenOptions(device="cpu")) as session:
        ((chunk,),) = session.generate([request])
    with Image.open(run / "samples" / "0000004.png") as sheet:
        in_training = np.asarray(sheet)[:64, 64:128]
    np.testing.assert_allclose(chunk.frames[0].astype(int), in_training, atol=1)
