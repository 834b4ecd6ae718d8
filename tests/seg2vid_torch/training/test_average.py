"""The moving average of a network."""

import pytest
import torch
from torch import nn

from seg2vid_torch.training.average import AveragedNetwork


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2))


def test_a_young_average_is_quick_and_an_old_one_as_slow_as_its_decay():
    net = network()
    averaged = AveragedNetwork(net, 0.3)
    with torch.no_grad():
        net[0].bias.fill_(0)
        averaged.module[0].bias.fill_(1)
    seen = []
    for _ in range(5):
        averaged.update_parameters(net)
        seen.append(averaged.module[0].bias[0].item())
    expected, value = [], 1.0
    for n in range(5):
        value *= min(0.3, (1 + n) / (10 + n))
        expected.append(value)
    assert seen == pytest.approx(expected)
    assert averaged.n_averaged.item() == 5


def test_an_average_that_begins_from_trained_weights_is_slow_at_once():
    net = network()
    averaged = AveragedNetwork(net, 0.9)
    averaged.settle()
    with torch.no_grad():
        net[0].bias.add_(1)
    before = averaged.module[0].bias.clone()
    averaged.update_parameters(net)
    assert torch.allclose(averaged.module[0].bias, before + 0.1)


def test_running_statistics_follow_and_counts_are_copied():
    net = network()
    averaged = AveragedNetwork(net, 0.05)
    net(torch.rand(4, 1, 3, 3, generator=torch.Generator().manual_seed(1)))
    averaged.update_parameters(net)
    assert averaged.module[1].num_batches_tracked.item() == 1
    expected = 0.05 * torch.zeros(2) + 0.95 * net[1].running_mean
    assert torch.allclose(averaged.module[1].running_mean, expected)
    assert not any(parameter.requires_grad for parameter in averaged.parameters())


def test_without_a_decay_it_is_the_network_bit_for_bit():
    net = network()
    averaged = AveragedNetwork(net, 0.0)
    with torch.no_grad():
        net[0].weight.normal_()
    averaged.update_parameters(net)
    assert torch.equal(averaged.module[0].weight, net[0].weight)
