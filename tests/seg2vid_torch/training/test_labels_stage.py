"""Training of the labels stage, by the same loop as the others."""

import json

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from recording_monitor import RecordingMonitor
from seg2vid_interface.backend import TrainingRequest
from seg2vid_interface.errors import ModelError, SettingsError
from seg2vid_torch.backend import TorchBackend
from seg2vid_torch.networks.efficientnet_lite import FrozenFeatures
from seg2vid_torch.networks.segmentation.pretrained_u_net import PretrainedUNet
from seg2vid_torch.settings.preset_files import PRESET_FOLDER
from seg2vid_torch.training.checkpoint import read_checkpoint
from seg2vid_torch.training.light_checkpoint import read_light_checkpoint, save_light_checkpoint
from street_data import TINY_LABELS


@pytest.fixture(scope="module")
def run(train_tiny, tmp_path_factory):
    """A finished run of four steps."""
    out = tmp_path_factory.mktemp("runs") / "labels"
    train_tiny("labels", out, steps=4)
    return out


@pytest.fixture(scope="module")
def encoder_file(tmp_path_factory):
    """EfficientNet-Lite1's weights, but random ones."""
    path = tmp_path_factory.mktemp("weights") / "lite.safetensors"
    torch.manual_seed(7)
    save_file(FrozenFeatures().state_dict(), path)
    return path


def lines_of(run):
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


@pytest.fixture
def train_labels(clips):
    """Train a narrow pretrained U-Net: train_labels(out, steps=..., monitor=..., **settings)."""

    def train(out, *, steps=0, monitor=None, preset="street", **settings):
        tiny = {name: TINY_LABELS[name] for name in ("height", "width", "batch")}
        if preset == "street":
            tiny["network.width"] = "8"
        request = TrainingRequest(
            "labels", (clips,), out, preset=preset, settings=tiny | {"steps": str(steps)} | settings, device="cpu"
        )
        return TorchBackend().train(request, monitor or RecordingMonitor())

    return train


def test_a_run_holds_every_term_validation_and_a_sheet(run):
    lines = lines_of(run)
    assert [line["step"] for line in lines] == [1, 2, 3, 4]
    assert lines[0].keys() == {"step", "samples_per_second", "cross_entropy", "right"}
    assert lines[-1].keys() - lines[0].keys() == {"val_miou", "val_pixels"}
    with Image.open(run / "samples" / "0000004.png") as sheet:
        assert sheet.size == (3 * 64, 6 * 64)  # picture, label map, what is told; six validation stills
        columns = np.asarray(sheet).reshape(6, 64, 3, 64, 3)
    assert (columns[0, 0, 1] == (70, 130, 180)).all(-1).any()  # the sky, in its colour


def test_a_stopped_and_resumed_run_ends_with_the_same_bits(train_tiny, run, tmp_path):
    assert not train_tiny("labels", tmp_path / "run", steps=4, monitor=RecordingMonitor(stop_after=3)).finished
    assert train_tiny("labels", tmp_path / "run", steps=4).finished
    whole, resumed = (read_checkpoint(path / "checkpoint.pt") for path in (run, tmp_path / "run"))
    for part in ("networks", "averaged"):
        assert all(torch.equal(resumed[part][name], value) for name, value in whole[part].items())


def test_it_learns_what_pictures_show(train_tiny, tmp_path):
    intervals = dict.fromkeys(("log_interval", "checkpoint_interval", "sample_interval"), "60")
    settings = {"batch": "4", "learning_rate": "1e-2", "zoom": "1.2", **intervals}
    train_tiny("labels", tmp_path / "run", steps=60, settings=settings)
    (last,) = lines_of(tmp_path / "run")
    assert last["val_miou"] > 0.5
    assert last["val_pixels"] > 0.9


def test_a_light_checkpoint_keeps_what_was_measured(run, tmp_path):
    save_light_checkpoint(run / "checkpoint.pt", tmp_path / "light.safetensors")
    measured = {name: round(value, 4) for name, value in lines_of(run)[-1].items() if name.startswith("val_")}
    assert read_light_checkpoint(tmp_path / "light.safetensors")["quality"] == measured


def test_a_run_begins_from_another(train_tiny, run, tmp_path):
    monitor = RecordingMonitor()
    train_tiny("labels", tmp_path / "run", steps=0, settings={"initial": str(run)}, monitor=monitor)
    before, after = (read_checkpoint(path / "checkpoint.pt") for path in (run, tmp_path / "run"))
    assert all(torch.equal(after["networks"][name], value) for name, value in before["networks"].items())


def test_weights_of_another_stage_are_refused(train_tiny, runs, tmp_path):
    with pytest.raises(ModelError, match="weights of the image stage, not of the labels stage"):
        train_tiny("labels", tmp_path / "run", steps=1, settings={"initial": str(runs["image"])})


def test_a_pretrained_network_begins_with_the_files_weights(train_labels, encoder_file, tmp_path):
    train_labels(tmp_path / "run", encoder_weights=str(encoder_file))
    held = read_checkpoint(tmp_path / "run" / "checkpoint.pt")["networks"]
    torch.manual_seed(7)
    theirs = FrozenFeatures().state_dict()
    encoder = {name.removeprefix("segmenter.encoder."): x for name, x in held.items() if ".encoder." in name}
    assert encoder.keys() == PretrainedUNet(20, 8).encoder.state_dict().keys()
    assert all(torch.equal(value, theirs[name]) for name, value in encoder.items())


def test_its_way_down_is_trained_slower(train_labels, encoder_file, tmp_path):
    monitor = RecordingMonitor()
    settings = {"encoder_weights": str(encoder_file), "encoder_rate": "0", "warm_up": "0", "learning_rate": "1e-2"}
    train_labels(tmp_path / "run", steps=2, monitor=monitor, **settings)
    held = read_checkpoint(tmp_path / "run" / "checkpoint.pt")
    torch.manual_seed(7)
    theirs = FrozenFeatures().state_dict()
    assert torch.equal(held["networks"]["segmenter.encoder.stem.weight"], theirs["stem.weight"])
    assert held["optimizers"].keys() == {"segmenter", "encoder"}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"width": "66"}, "the size 64x66: the stage needs multiples of 4"),
        ({"encoder_weights": "download"}, "encoder_weights: no such key"),
        ({"network.width": "8"}, "network.width: no such key"),
        ({"network.kind": "w-net"}, "network.kind = w-net: unknown"),
        ({"zoom": "0.5"}, "zoom"),
        ({"label_space": "none"}, "label_space 'none': unknown"),
    ],
)
def test_wrong_settings_are_told(train_tiny, tmp_path, settings, message):
    with pytest.raises(SettingsError, match=message):
        train_tiny("labels", tmp_path / "run", steps=1, settings=settings)
    assert not (tmp_path / "run").exists()


def test_a_pretrained_network_needs_weights(train_labels, tmp_path):
    street, without = PRESET_FOLDER / "street.toml", tmp_path / "without.toml"
    without.write_text(street.read_text().replace('encoder_weights = "download"', ""))
    with pytest.raises(SettingsError, match="needs EfficientNet-Lite1's weights: --set encoder_weights=FILE"):
        train_labels(tmp_path / "run", preset=str(without))


def test_a_file_of_another_network_is_refused(train_labels, tmp_path):
    save_file({"stem.weight": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(ModelError, match="not EfficientNet-Lite1's weights"):
        train_labels(tmp_path / "run", encoder_weights=str(tmp_path / "other.safetensors"))
