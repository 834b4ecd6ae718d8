"""Light checkpoints: weights alone, in half precision."""

import json

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from seg2vid_interface.errors import ModelError, OutputError
from seg2vid_torch.training.checkpoint import is_checkpoint, read_checkpoint
from seg2vid_torch.training.light_checkpoint import read_light_checkpoint, read_light_weights, save_light_checkpoint


@pytest.fixture
def light(runs, tmp_path):
    path = tmp_path / "light.safetensors"
    save_light_checkpoint(runs["image"] / "checkpoint.pt", path)
    return path


def test_it_is_the_checkpoint_in_half_precision_without_optimizers(runs, light):
    full, half = read_checkpoint(runs["image"] / "checkpoint.pt"), read_light_checkpoint(light)
    assert is_checkpoint(half)
    assert half["optimizers"] == {}
    assert {key: half[key] for key in full if key not in ("networks", "averaged", "optimizers")} == {
        key: json.loads(json.dumps(full[key])) for key in full if key not in ("networks", "averaged", "optimizers")
    }
    assert half["networks"].keys() == full["networks"].keys()
    assert half["averaged"].keys() == full["averaged"].keys() - {"n_averaged"}
    for part in ("networks", "averaged"):
        for name, value in half[part].items():
            assert value.dtype == full[part][name].dtype
            assert torch.equal(value, full[part][name].half().float().to(value.dtype))
    assert light.stat().st_size < (runs["image"] / "checkpoint.pt").stat().st_size / 3


def test_its_entries_are_named_as_the_networks_name_them(light):
    with safe_open(light, "pt") as file:
        names = set(file.keys())
        assert file.get_tensor("averaged.head.weight").dtype == torch.float16
    assert {"networks.generator.head.weight", "networks.encoder.mean.bias", "networks.discriminator.stem.bias"} <= names


def test_weights_without_settings_are_weights(tmp_path):
    path = tmp_path / "weights.safetensors"
    save_file({"networks.generator.a": torch.ones(2).half(), "averaged.a": torch.zeros(2)}, path)
    weights = read_light_weights(path)
    assert {part: {name: value.tolist() for name, value in x.items()} for part, x in weights.items()} == {
        "networks": {"generator.a": [1, 1]},
        "averaged": {"a": [0, 0]},
    }
    with pytest.raises(ModelError, match=r"weights\.safetensors: holds weights, but not the settings"):
        read_light_checkpoint(path)


def test_what_is_none_is_named(tmp_path):
    with pytest.raises(ModelError, match=r"none\.safetensors: no light checkpoint there"):
        read_light_checkpoint(tmp_path / "none.safetensors")
    (tmp_path / "text.safetensors").write_text("no weights")
    with pytest.raises(ModelError, match=r"text\.safetensors: not a readable light checkpoint: "):
        read_light_checkpoint(tmp_path / "text.safetensors")
    save_file({"head.weight": torch.ones(1)}, tmp_path / "image.safetensors")
    with pytest.raises(ModelError, match=r"it has no entries networks\.X, but head\.weight") as caught:
        read_light_checkpoint(tmp_path / "image.safetensors")
    assert caught.value.hint == "A model's own weights are begun from by its folder."


def test_a_folder_that_is_not_there_is_named(runs, tmp_path):
    with pytest.raises(OutputError, match=r"none/light\.safetensors: cannot be written: "):
        save_light_checkpoint(runs["image"] / "checkpoint.pt", tmp_path / "none" / "light.safetensors")


def test_an_entry_that_has_changed_is_noticed(light):
    content = bytearray(light.read_bytes())
    content[-100] ^= 1
    light.write_bytes(content)
    with pytest.raises(ModelError, match=r"light\.safetensors: damaged: the hash of its entries is another"):
        read_light_checkpoint(light)


def test_a_setting_that_has_changed_is_noticed(light):
    content = light.read_bytes()
    light.write_bytes(content.replace(rb"\"ema_decay\": 0.9", rb"\"ema_decay\": 0.8"))
    with pytest.raises(ModelError, match=r"light\.safetensors: damaged: the hash of its settings is another"):
        read_light_checkpoint(light)


def test_metadata_of_wrong_kinds_are_named(tmp_path):
    header = {"stage": "image", "preset": "x", "seed": 0, "settings": {}, "label_space": {}, "step": "many"}
    path = tmp_path / "a.safetensors"
    save_file({"networks.a": torch.ones(1)}, path, {"checkpoint": json.dumps(header)})
    with pytest.raises(ModelError, match=r"a\.safetensors: a damaged checkpoint: step: Input should be a"):
        read_light_checkpoint(path)
