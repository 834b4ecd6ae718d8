"""The perceptual loss, against VGG19's maps themselves."""

import pytest
import torch

from seg2vid_torch.losses.perceptual import normalised_perceptual, perceptual
from seg2vid_torch.networks.vgg import Vgg19


@pytest.fixture
def network():
    torch.manual_seed(0)
    return Vgg19(maps=3).requires_grad_(False)


def differences(network, a, b):
    return [(x - y).abs().mean().item() for x, y in zip(network(a), network(b), strict=True)]


def test_it_sums_the_maps_differences(network):
    a, b = torch.rand(1, 3, 16, 16), torch.rand(1, 3, 16, 16)
    assert perceptual(network, a, b).item() == pytest.approx(sum(differences(network, a, b)))
    assert perceptual(network, a, a).item() == 0


def test_maps_can_be_chosen_and_weighted(network):
    a, b = torch.rand(1, 3, 16, 16), torch.rand(1, 3, 16, 16)
    first, _, third = differences(network, a, b)
    assert perceptual(network, a, b, {0: 0.5, 2: 4.0}).item() == pytest.approx(0.5 * first + 4 * third)


def test_grey_pictures_are_seen_as_rgb(network):
    a, b = torch.rand(1, 1, 16, 16), torch.rand(1, 1, 16, 16)
    in_colour = perceptual(network, a.repeat(1, 3, 1, 1), b.repeat(1, 3, 1, 1))
    assert torch.equal(perceptual(network, a, b), in_colour)


def test_every_maps_difference_can_be_a_share_of_the_true_map(network):
    a, b = torch.rand(1, 3, 16, 16), torch.rand(1, 3, 16, 16)
    means = [x.mean().item() for x in network(b)]
    shares = [x / y for x, y in zip(differences(network, a, b), means, strict=True)]
    assert normalised_perceptual(network, a, b).item() == pytest.approx(sum(shares))
    assert normalised_perceptual(network, b, b).item() == 0


def test_the_share_of_an_empty_map_is_bounded(network):
    a, b = torch.rand(1, 3, 16, 16), torch.rand(1, 3, 16, 16)
    for values in network.state_dict().values():
        values.mul_(1e-6)
    assert max(x.mean() for x in network(b)) < 1e-5
    expected = sum(differences(network, a, b)) / 1e-3
    assert normalised_perceptual(network, a, b).item() == pytest.approx(expected)


@pytest.mark.parametrize("loss", [perceptual, normalised_perceptual])
def test_only_what_was_made_gets_a_gradient(loss, network):
    made, truth = torch.rand(1, 3, 16, 16, requires_grad=True), torch.rand(1, 3, 16, 16, requires_grad=True)
    loss(network, made, truth).backward()
    assert made.grad.abs().sum() > 0
    assert truth.grad is None
