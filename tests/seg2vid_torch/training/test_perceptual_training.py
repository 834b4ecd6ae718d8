"""The motion stage's perceptual loss in training."""

import json

import pytest
import torch

from seg2vid_interface.errors import SettingsError
from seg2vid_torch.training.checkpoint import read_checkpoint
from street_data import FIRST_STREET
from vgg_file import write_vgg_file

SETTINGS = {"rollout_probability": "0"}  # which would double the time


@pytest.fixture(scope="module")
def without(train_tiny, tmp_path_factory):
    """A run of one step without the loss, whose settings name a file nevertheless."""
    out = tmp_path_factory.mktemp("without") / "run"
    train_tiny("motion", out, steps=1, settings=SETTINGS | {"vgg_weights": "not looked for"})
    return out


@pytest.mark.slow
def test_it_is_a_loss_like_the_others(train_tiny, without, tmp_path):
    file = write_vgg_file(tmp_path / "vgg.pth")
    settings = SETTINGS | {"weights.perceptual": "1", "vgg_weights": str(file)}
    result = train_tiny("motion", tmp_path / "run", steps=1, settings=settings)
    assert result.metrics["perceptual"] > 0
    # The flow heads begin at 0, and the first step of Adam goes by the gradient's sign alone.
    changed, unchanged = (
        read_checkpoint(run / "checkpoint.pt")["networks"]["img2vid.forward_head.out.weight"]
        for run in (tmp_path / "run", without)
    )
    assert not torch.equal(changed.sign(), unchanged.sign())


def test_without_a_weight_the_file_is_not_needed(without):
    assert "perceptual" not in json.loads((without / "metrics.jsonl").read_text())


def test_a_weight_without_a_file_says_both_remedies(train_tiny, tmp_path):
    with pytest.raises(SettingsError) as caught:
        train_tiny("motion", tmp_path / "run", steps=1, settings={"weights.perceptual": "0.5"})
    assert caught.value.message == (
        f"--preset {FIRST_STREET}, stage motion: weights.perceptual = 0.5 needs VGG19's weights: "
        "--set vgg_weights=FILE (or vgg_weights=download), or --set weights.perceptual=0 to do without"
    )
