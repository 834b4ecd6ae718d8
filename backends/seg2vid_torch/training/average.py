"""The moving average of a network's weights, which is what is exported."""

import copy

import torch
from torch import Tensor, nn

SETTLED = 10**6
"""Updates after which an average is as slow as its decay says, whatever the decay."""


class AveragedNetwork(nn.Module):
    """A copy of a network whose weights and running statistics follow it slowly.

    As `torch.optim.swa_utils.AveragedModel` with an exponential average, and with the names of its entries, save that
    an update never makes a GPU wait for Python, and that a young average is quicker: its decay is (1 + n) / (10 + n)
    after n updates where that is less, as in TensorFlow's ExponentialMovingAverage, or random weights would linger.
    """

    n_averaged: Tensor

    def __init__(self, network: nn.Module, decay: float) -> None:
        """Copy the network; `decay` per step, 0 = the average is the network."""
        super().__init__()
        self.module = copy.deepcopy(network).requires_grad_(False)
        self.decay = decay
        first = next(network.parameters())
        self.register_buffer("n_averaged", torch.zeros((), dtype=torch.long, device=first.device))

    @torch.no_grad()
    def update_parameters(self, network: nn.Module) -> None:
        """Follow the network, which is built as the one that was copied."""
        kept = ((1 + self.n_averaged) / (10 + self.n_averaged)).clamp(max=self.decay)
        averages, newest = _state(self.module), _state(network)
        floats = [pair for pair in zip(averages, newest, strict=True) if pair[0].is_floating_point()]
        # Not a lerp: with a decay of 0 the average is to be the network, bit for bit.
        torch._foreach_mul_([average for average, _ in floats], kept)
        torch._foreach_add_(
            [average for average, _ in floats], torch._foreach_mul([new for _, new in floats], 1 - kept)
        )
        for average, new in zip(averages, newest, strict=True):
            if not average.is_floating_point():
                average.copy_(new)
        self.n_averaged += 1

    def settle(self) -> None:
        """Let it follow as slowly as its decay says from now on: what it holds is no random beginning."""
        self.n_averaged.fill_(SETTLED)


def _state(network: nn.Module) -> list[Tensor]:
    return [*network.parameters(), *network.buffers()]
