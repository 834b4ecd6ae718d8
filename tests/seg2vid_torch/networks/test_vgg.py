"""VGG16 and VGG19: maps, names, and what a picture is turned to first."""

import pytest
import torch

from seg2vid_torch.networks.vgg import VGG16, VGG19, Vgg, Vgg19, last_of_blocks


def names(network):
    return [name.split(".")[1] for name in network.state_dict() if name.endswith("weight")]


def test_vgg19_has_the_maps_and_names_of_the_original():
    maps = Vgg19(maps=5, pooling="maximum")(torch.rand(1, 3, 16, 32))
    assert [m.shape[1:] for m in maps] == [(64, 16, 32)] * 2 + [(128, 8, 16)] * 2 + [(256, 4, 8)]
    assert min(m.min() for m in maps) == 0
    with torch.device("meta"):
        whole = Vgg19(maps=16)
    assert " ".join(names(whole)) == "0 2 5 7 10 12 14 16 19 21 23 25 28 30 32 34"


def test_vgg16_has_the_names_of_the_original():
    with torch.device("meta"):
        whole = Vgg(VGG16, [12])
    assert " ".join(names(whole)) == "0 2 5 7 10 12 14 17 19 21 24 26 28"


@pytest.mark.parametrize(("blocks", "numbers"), [(VGG16, [1, 3, 6, 9]), (VGG19, [1, 3, 7, 11])])
def test_maps_can_be_the_last_of_their_blocks(blocks, numbers):
    assert last_of_blocks(blocks, 4) == numbers


def test_chosen_maps_are_those_among_all_of_them():
    torch.manual_seed(0)
    network, picture = Vgg(VGG16, range(4)), torch.rand(1, 3, 16, 16)
    chosen = Vgg(VGG16, [1, 3])
    chosen.load_state_dict(network.state_dict())
    everything = network(picture)
    assert all(torch.equal(a, b) for a, b in zip(chosen(picture), everything[1::2], strict=True))


def test_a_picture_is_normalised_as_asked_for():
    plain, scaled = (Vgg(VGG16, [0], mean=[m] * 3, deviation=[d] * 3) for m, d in ((0, 1), (0.5, 0.1)))
    scaled.load_state_dict(plain.state_dict())
    picture = torch.rand(1, 3, 8, 8)
    torch.testing.assert_close(scaled(picture)[0], plain((picture - 0.5) / 0.1)[0])
