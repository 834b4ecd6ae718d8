"""Vectors x, y."""

import torch
from torch import Tensor


def vector(x: float, y: float, device: torch.device) -> Tensor:
    """Return x and y as (2, 1, 1) float32; unlike `torch.tensor` it lets an export keep what depends on the size."""
    parts = [torch.scalar_tensor(value, dtype=torch.float32, device=device) for value in (x, y)]
    return torch.stack(parts).view(2, 1, 1)


def length(vectors: Tensor) -> Tensor:
    """Return the Euclidean length (N, 1, H, W) of vectors (N, 2, H, W); `Tensor.norm` is many times slower here."""
    return (vectors[:, :1].square() + vectors[:, 1:].square()).sqrt()
