"""EfficientNet-Lite1's maps; `weights/test_efficientnet_lite.py` holds them against the published network."""

import pytest
import torch
from torch.nn import functional

from seg2vid_torch.networks.efficientnet_lite import FrozenFeatures, HalvingConvolution


def test_the_maps_are_the_last_of_each_size():
    network, picture = FrozenFeatures(), torch.rand(2, 3, 64, 128)
    assert [m.shape for m in network(picture)] == [
        (2, 16, 32, 64),
        (2, 24, 16, 32),
        (2, 40, 8, 16),
        (2, 112, 4, 8),
        (2, 320, 2, 4),
    ]
    assert network.CHANNELS == (16, 24, 40, 112, 320)


def test_sizes_are_rounded_up():
    assert [m.shape[2:] for m in FrozenFeatures()(torch.rand(1, 3, 16, 33))] == [
        (8, 17),
        (4, 9),
        (2, 5),
        (1, 3),
        (1, 2),
    ]


def test_pictures_fit_the_precision_of_the_weights():
    maps = FrozenFeatures().bfloat16()(torch.rand(1, 3, 32, 32))
    assert {m.dtype for m in maps} == {torch.bfloat16}


@pytest.mark.parametrize(
    ("kernel", "side", "before", "after"), [(3, 8, 0, 1), (5, 8, 1, 2), (3, 7, 1, 1), (5, 7, 2, 2)]
)
def test_a_halving_convolution_pads_more_behind_than_before(kernel, side, before, after):
    layer, features = HalvingConvolution(2, 3, kernel), torch.rand(1, 2, side, side)
    padded = functional.pad(features, (before, after, before, after))
    expected = functional.conv2d(padded, layer.weight, layer.bias, stride=2)
    assert torch.equal(layer(features), expected)
