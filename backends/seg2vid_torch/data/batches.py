"""Random batches that depend on (seed, step) alone, so that a resumed run draws what an unbroken one would have."""

import zlib

import numpy as np
import torch
from torch import Tensor


def numpy_generator(seed: int, step: int, purpose: str) -> np.random.Generator:
    """Return the Philox generator of one purpose in one training step."""
    return np.random.Generator(np.random.Philox(np.random.SeedSequence((seed, step, zlib.crc32(purpose.encode())))))


def normal(generator: np.random.Generator, *shape: int) -> Tensor:
    """Draw standard normal float32 numbers; the same on every device, as they are drawn by NumPy."""
    return torch.from_numpy(generator.standard_normal(shape, dtype=np.float32))


def pictures(images: Tensor, device: torch.device) -> Tensor:
    """Turn uint8 pictures (..., 3, H, W) into float32 in 0..1 on the device."""
    return images.to(device, non_blocking=True).float().div_(255)


def one_hot(labels: Tensor, classes: int) -> Tensor:
    """Turn class indices (..., H, W) into float32 probabilities (..., K, H, W) of 0 and 1; K may be 0."""
    indices = torch.arange(classes, device=labels.device).view(-1, 1, 1)
    return (labels.unsqueeze(-3) == indices).float()


def flip_some(tensors: list[Tensor], flipped: Tensor) -> list[Tensor]:
    """Mirror, left to right, those samples of every tensor (N, ..., W) for which `flipped` (N,) is true."""
    return [torch.where(flipped.to(x.device).view(-1, *[1] * (x.ndim - 1)), x.flip(-1), x) for x in tensors]
