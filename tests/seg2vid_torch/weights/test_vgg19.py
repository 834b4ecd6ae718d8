"""VGG19's weights: reading a file, and what is wrong with one."""

import pytest
import torch
from safetensors.torch import save_file

from frozen_weights import caffe_entries, vgg16_entries
from seg2vid_interface.errors import ModelError
from seg2vid_torch.weights.vgg19 import load_vgg19
from vgg_file import vgg_entries, write_vgg_file

CPU = torch.device("cpu")


@pytest.mark.parametrize("kind", ["zip", "old", "half", "safetensors"])
def test_a_file_of_every_kind_gives_the_same_network(kind, tmp_path):
    entries = vgg_entries()
    path = tmp_path / ("vgg.safetensors" if kind == "safetensors" else "vgg.pth")
    if kind == "safetensors":
        save_file({name: values.contiguous() for name, values in list(entries.items())[:8]}, path)
    else:
        saved = {name: values.half() if kind == "half" else values for name, values in entries.items()}
        torch.save(
            saved | {"classifier.0.weight": torch.zeros(2, 2)}, path, _use_new_zipfile_serialization=kind != "old"
        )
    network = load_vgg19(path, CPU, maps=4)
    assert list(network.state_dict()) == [f"features.{n}.{part}" for n in (0, 2, 5, 7) for part in ("weight", "bias")]
    for name, values in network.state_dict().items():
        torch.testing.assert_close(values, entries[name], rtol=1e-3 if kind == "half" else 0, atol=0)
    assert not network.training
    assert not any(parameter.requires_grad for parameter in network.parameters())


def test_the_maps_are_those_of_the_given_weights(tmp_path):
    network = load_vgg19(write_vgg_file(tmp_path / "vgg.pth"), CPU, maps=1)
    weights = vgg_entries()["features.0.weight"]
    picture = torch.rand(1, 3, 8, 8)
    normalised = (picture - network.mean) / network.deviation
    expected = torch.nn.functional.conv2d(normalised, weights, torch.full((64,), 0.1), padding=1).relu()
    torch.testing.assert_close(network(picture)[0], expected)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (
            lambda entries: entries.clear(),
            r"lacks features\.0\.weight, features\.0\.bias, features\.2\.weight and 21 more",
        ),
        (lambda entries: entries.pop("features.25.bias"), r"not VGG19's weights: it lacks features\.25\.bias$"),
        (
            lambda entries: entries.update({"features.5.weight": torch.zeros(64, 64, 3, 3)}),
            r"features\.5\.weight is \(64, 64, 3, 3\) instead of \(128, 64, 3, 3\)$",
        ),
        (lambda entries: entries.update({"features.0.bias": "none"}), r"features\.0\.bias is no tensor instead of"),
    ],
)
def test_a_foreign_or_incomplete_file_is_named_with_its_first_faults(damage, message, tmp_path):
    entries = vgg_entries()
    damage(entries)
    torch.save(entries, tmp_path / "vgg.pth")
    with pytest.raises(ModelError, match=rf"vgg\.pth: .*{message}") as caught:
        load_vgg19(tmp_path / "vgg.pth", CPU)
    assert "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth" in caught.value.hint


@pytest.mark.parametrize("name", ["vgg.pth", "vgg.safetensors"])
def test_a_damaged_file_is_named(name, tmp_path):
    write_vgg_file(tmp_path / name)
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:200])
    with pytest.raises(ModelError, match=rf"{name}: not a readable file of weights"):
        load_vgg19(tmp_path / name, CPU)


def test_code_in_a_file_is_not_run(tmp_path):
    torch.save({"features.0.weight": Bomb(tmp_path / "ran")}, tmp_path / "vgg.pth")
    with pytest.raises(ModelError, match=r"vgg\.pth: holds Python objects \(\w+\), code that is not run here"):
        load_vgg19(tmp_path / "vgg.pth", CPU)
    assert not (tmp_path / "ran").exists()


class Bomb:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (self.path.touch, ())


@pytest.mark.parametrize("entries", [vgg16_entries, caffe_entries])
def test_vgg16s_weights_are_told_from_foreign_ones(entries, tmp_path):
    torch.save(entries(), tmp_path / "vgg.pth")
    with pytest.raises(ModelError, match=r"vgg\.pth: VGG16's weights, where VGG19's are needed: it lacks features\."):
        load_vgg19(tmp_path / "vgg.pth", CPU)
