"""What the tests of the networks that nothing trains have in common."""

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn


def assert_like_autocast(load: Callable[..., nn.Module], path: Path, picture: Tensor) -> None:
    """Fail unless weights that are loaded in bf16 give the maps that autocast makes with float32 ones, to the bit."""
    ready = load(path, torch.device("cpu"), torch.bfloat16)
    assert {x.dtype for x in ready.parameters()} == {torch.bfloat16}
    with torch.autocast("cpu", torch.bfloat16):
        maps, again = load(path, torch.device("cpu"))(picture), ready(picture)
    assert {x.dtype for x in maps} == {torch.bfloat16}
    for made in (ready(picture), again):
        assert all(torch.equal(a, b) for a, b in zip(made, maps, strict=True))
