"""The loss of the labels stage: cross-entropy in which rare classes count for more."""

import torch
from torch import Tensor
from torch.nn import functional

from seg2vid_torch.losses.shared_means import SMALLEST, Average, alone

PART = 64  # label maps counted at a time: counting takes eight bytes a pixel


def class_counts(labels: Tensor, classes: int) -> Tensor:
    """Return (K,) the number of pixels of every class in labels (n, H, W), uint8."""
    return torch.stack([part.flatten().bincount(minlength=classes) for part in labels.split(PART)]).sum(0)


def balanced_weights(counts: Tensor, balance: float, limit: float) -> Tensor:
    """Return (K,) weights of classes with so many pixels; their mean over all pixels is 1, before the limit.

    Args:
        counts: (K,) pixels; a class without any gets the largest weight.
        balance: 0 = all pixels count the same, 1 = all classes (OASIS, Eq. 1), between them the inverse of the share to
            this power: at a half (Mahajan et al., ECCV 2018, section 2.2) what is seldom is not seen everywhere.
        limit: of a weight.
    """
    shares = counts.clamp(min=1).double() / counts.sum()
    weights = shares**-balance
    return (weights / (weights * counts / counts.sum()).sum()).clamp(max=limit).float()


def labels_loss(scores: Tensor, labels: Tensor, weights: Tensor, average: Average = alone) -> Tensor:
    """Return the weighted cross-entropy of scores (N, K, H, W) against labels (N, H, W): a mean over the weights.

    `average` is that of processes which have a share of the batch each.
    """
    if average is alone:
        return functional.cross_entropy(scores.float(), labels, weights)
    total = functional.cross_entropy(scores.float(), labels, weights, reduction="sum")
    return total / average(weights[labels].sum()).clamp(min=SMALLEST)
