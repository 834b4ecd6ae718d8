"""Random batches that depend on (seed, step) alone, so that a resumed run draws what an unbroken one would have."""

import zlib
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from seg2vid_torch.data.frame_store import FrameStore
from seg2vid_torch.data.shares import WHOLE, Share


@dataclass(frozen=True)
class Stills:
    """Some of a dataset's stills, N of them, as they are stored."""

    images: Tensor
    """(N, 3, H, W) uint8, RGB."""
    labels: Tensor
    """(N, H, W) uint8, class indices."""
    flipped: Tensor
    """(N,) bool: which are to be mirrored."""


def numpy_generator(seed: int, step: int, purpose: str) -> np.random.Generator:
    """Return the Philox generator of one purpose in one training step."""
    return np.random.Generator(np.random.Philox(_entropy(seed, step, purpose)))


def torch_generator(device: torch.device, seed: int, step: int, purpose: str) -> torch.Generator:
    """Return a generator likewise that draws on the device, so that nothing need be sent there.

    What it draws is the same every time, but not the same on a GPU as on a CPU.
    """
    (number,) = _entropy(seed, step, purpose).generate_state(1, np.uint64)
    return torch.Generator(device).manual_seed(int(number))


def _entropy(seed: int, step: int, purpose: str) -> np.random.SeedSequence:
    return np.random.SeedSequence((seed, step, zlib.crc32(purpose.encode())))


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


def draw_stills(
    store: FrameStore, count: int, device: torch.device, seed: int, step: int, *, share: Share = WHOLE
) -> Stills:
    """Draw `count` stills, each as likely as any other, every second one of them to be mirrored; onto the device come
    those of a share.
    """
    # Drawn where the stills lie: an index that came from elsewhere would have to be waited for.
    generator = torch_generator(store.images.device, seed, step, "stills")
    chosen = torch.randint(len(store), (count,), generator=generator, device=generator.device)
    flipped = torch.rand(count, generator=generator, device=generator.device) < 0.5
    chosen, flipped = share.of(chosen), share.of(flipped)
    drawn = store.images[chosen], store.labels[chosen], flipped
    return Stills(*(tensor.to(device, non_blocking=True) for tensor in drawn))


def prepared(stills: Stills) -> tuple[Tensor, Tensor]:
    """Return the stills as networks see them: frames (N, 3, H, W) in 0..1 and labels (N, H, W) long."""
    frames = pictures(stills.images, stills.images.device)
    frames, labels = flip_some([frames, stills.labels], stills.flipped)
    return frames.contiguous(memory_format=torch.channels_last), labels.long()
