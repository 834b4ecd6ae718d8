"""Weights stored in half precision, at half the size; whoever computes with them makes float32 of them again.

The networks are rounded before anything is written, so that all files of a model hold the same numbers.
"""

from typing import Final

import torch
from torch import Tensor, nn

LARGEST: Final = torch.finfo(torch.float16).max


def stored(values: Tensor, *, half: bool) -> Tensor:
    """Return a network's tensor as it is to be stored: in half precision if it is a kernel or matrix that allows it."""
    if half and values.dtype == torch.float32 and values.ndim > 1 and bool((values.abs() <= LARGEST).all()):
        return values.half().contiguous()
    return values.contiguous()


def round_weights(network: nn.Module) -> None:
    """Round the network's weights to what `stored` keeps of them."""
    network.load_state_dict({name: stored(values, half=True) for name, values in network.state_dict().items()})
