"""How well labels are told: the intersection over union of true and told pixels, as Cityscapes' benchmark has it."""

import torch
from torch import Tensor

from seg2vid_interface.label_spaces import LabelSpace


def confusion(truth: Tensor, told: Tensor, classes: int) -> Tensor:
    """Return (K, K) numbers of pixels by their true class and by what labels (..., H, W), both integer, say."""
    pairs = truth.flatten().long() * classes + told.flatten().long()
    return pairs.bincount(minlength=classes**2).view(classes, classes)


def class_scores(counts: Tensor, label_space: LabelSpace) -> dict[str, float]:
    """Return class -> intersection over union, of a confusion (K, K), for those that are true or told somewhere.

    Pixels whose true class is "other" are left out, whatever is said of them; to say "other" of another is wrong.
    """
    counts = counts.double()
    known = [index for index in range(label_space.size) if index != label_space.other]
    union = counts[known].sum(1) + counts[known][:, known].sum(0) - counts.diagonal()[known]
    scores = counts.diagonal()[known] / union
    return {label_space.classes[i].name: float(x) for i, x, of in zip(known, scores, union, strict=True) if of > 0}


def mean_score(counts: Tensor, label_space: LabelSpace) -> float:
    """Return the mean of the classes' scores: mIoU; 0 if there is none."""
    scores = list(class_scores(counts, label_space).values())
    return sum(scores) / len(scores) if scores else 0.0


def pixel_score(counts: Tensor, label_space: LabelSpace) -> float:
    """Return the share of pixels, not of "other", whose class is told; 0 if there are none."""
    known = torch.tensor([index != label_space.other for index in range(label_space.size)])
    total = counts[known].sum().item()
    return counts.diagonal()[known].sum().item() / total if total else 0.0
