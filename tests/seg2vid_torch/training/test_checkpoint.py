"""Checkpoints whose values are not what they ought to be."""

import re

import pytest
import torch

from seg2vid_interface.backend import ExportRequest
from seg2vid_interface.errors import ModelError
from seg2vid_torch.backend import TorchBackend
from seg2vid_torch.training.checkpoint import read_checkpoint

WRONG = [
    ("stage", "sound", "stage: Input should be 'image', 'motion' or 'labels'"),
    ("preset", 3, "preset: Input should be a valid string"),
    ("seed", "x", "seed: Input should be a valid integer"),
    ("step", -1, "step: Input should be greater than or equal to 0"),
    ("step", None, "step: Input should be a valid integer"),
    ("seconds", float("nan"), "seconds: Input should be "),
    ("settings", [], "settings: Input should be a valid dictionary"),
    ("label_space", 7, "label_space: Input should be a valid dictionary"),
    ("networks", torch.ones(1), "networks: Input should be a valid dictionary"),
    ("averaged", {"a": 3}, "averaged.a: Input should be an instance of Tensor"),
    ("optimizers", {"generator": 3}, "optimizers.generator: Input should be a valid dictionary"),
]


@pytest.fixture
def run(train_tiny, tmp_path):
    train_tiny("image", tmp_path / "run", steps=1)
    return tmp_path / "run"


def test_wrong_kinds_of_values_are_named_by_all_that_read(run, train_tiny, tmp_path):
    path = run / "checkpoint.pt"
    state = torch.load(path, weights_only=True)
    for key, value, problem in WRONG:
        torch.save(state | {key: value}, path)
        message = re.escape(f"{path}: a damaged checkpoint: {problem}")
        with pytest.raises(ModelError, match=message):
            read_checkpoint(path)
        with pytest.raises(ModelError, match=message):
            train_tiny("image", run, steps=2)
        for source in (run, path):
            with pytest.raises(ModelError, match=message):
                TorchBackend().export(ExportRequest((source,), tmp_path / "model"))


@pytest.mark.parametrize(
    "change",
    [
        {"generator": {}},
        {"generator": {"state": 3, "param_groups": []}},
        {"generator": {"state": {}, "param_groups": [3]}},
        {},
    ],
)
def test_an_optimizer_s_state_that_is_none_is_told(run, train_tiny, change):
    state = torch.load(run / "checkpoint.pt", weights_only=True)
    torch.save(state | {"optimizers": change}, run / "checkpoint.pt")
    with pytest.raises(ModelError, match=r"checkpoint\.pt: does not fit the networks: "):
        train_tiny("image", run, steps=2)


def test_weights_that_are_not_finite_are_not_exported(run, tmp_path):
    state = torch.load(run / "checkpoint.pt", weights_only=True)
    state["averaged"]["module.to_rgb.bias"][0] = float("nan")
    torch.save(state, run / "checkpoint.pt")
    with pytest.raises(ModelError) as caught:
        TorchBackend().export(ExportRequest((run,), tmp_path / "model"))
    assert caught.value.message == f"{run}: the weight to_rgb.bias of its image stage is not finite"
    assert not (tmp_path / "model").exists()
