"""Losses of the image stage (OASIS, Schönfeld et al., ICLR 2021, plus reconstruction and styles)."""

import torch
from torch import Tensor
from torch.nn import functional

from seg2vid_torch.losses.shared_means import Average, alone

LIGHT_SIZE = 16  # pixels of the patches whose light is compared


def class_weights(labels: Tensor, classes: int, limit: float, average: Average = alone) -> Tensor:
    """Return (K,) weights that give every class in `labels` (N, H, W) the same say (OASIS, Eq. 1).

    The weight of a class is inverse to its share of the pixels; `limit` bounds that of very rare ones.  `average` is
    that of processes which have a share of the labels each.
    """
    ones = torch.ones(1, device=labels.device).expand(labels.numel())
    # Not bincount, which on a GPU waits to see how many bins it takes.
    counts = torch.zeros(classes, device=labels.device).scatter_add_(0, labels.flatten(), ones)
    counts = average(counts)
    present = (counts > 0).sum()
    return (labels.numel() / (present * counts.where(counts > 0, 1.0))).clamp(max=limit)


def segmentation_loss(scores: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
    """Return the class-balanced cross-entropy of scores (N, K + 1, H, W) against labels (N, H, W) (OASIS, Eq. 1, 2)."""
    per_pixel = functional.cross_entropy(scores.float(), labels, reduction="none")
    return (per_pixel * weights[labels]).mean()


def generated_loss(scores: Tensor) -> Tensor:
    """Return the cross-entropy against the last class, "generated", at every pixel (OASIS, Eq. 1, second term)."""
    generated = scores.new_full((len(scores), *scores.shape[2:]), scores.shape[1] - 1, dtype=torch.long)
    return functional.cross_entropy(scores.float(), generated)


def pooled_l1(frames: Tensor, truth: Tensor) -> Tensor:
    """Return the mean absolute difference of the pictures pooled by 2, 4 and 8, averaged, plus half of the unpooled.

    Pooling asks for the right colours of a region without asking for one exact texture.
    """
    losses = [
        functional.l1_loss(functional.avg_pool2d(frames, size), functional.avg_pool2d(truth, size))
        for size in (2, 4, 8)
    ]
    return torch.stack(losses).mean() + 0.5 * functional.l1_loss(frames, truth)


def light(frames: Tensor, truth: Tensor) -> Tensor:
    """Return the mean absolute difference of the pictures pooled by 16: of their light, not of their paint."""
    size = min(LIGHT_SIZE, *frames.shape[2:])
    return functional.l1_loss(functional.avg_pool2d(frames, size), functional.avg_pool2d(truth, size))
