"""Laying the same numbers out in another shape, so that it can be exported.

A latent's rows fill a picture: the numbers of both agree, but `torch.export` cannot prove it for sizes that it does not
know, and refuses.  In an export the step is therefore an operator of its own, which `onnx_export` writes as a Reshape.
"""

from collections.abc import Sequence

import torch
from torch import Tensor


def relay(numbers: Tensor, shape: Sequence[int]) -> Tensor:
    """Return `numbers` in another shape, all of whose sides are given."""
    if torch.compiler.is_exporting():
        return _relay(numbers, list(shape))
    return numbers.reshape(*shape)


@torch.library.custom_op("seg2vid::relay", mutates_args=())
def _relay(numbers: Tensor, shape: list[int]) -> Tensor:
    return numbers.reshape(shape).clone()


@_relay.register_fake
def _(numbers: Tensor, shape: list[int]) -> Tensor:
    return numbers.new_empty(shape)
