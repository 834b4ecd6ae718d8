"""Losses of pix2pixHD (Wang et al., CVPR 2018), for the features that `MultiscaleDiscriminator` returns."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import torch
from torch import Tensor
from torch.nn import functional

Features = Sequence[Sequence[Tensor]]
"""Per scale, each layer's features; the last are the scores of patches."""

PERCEPTUAL_WEIGHTS: Mapping[int, float] = MappingProxyType({0: 1 / 32, 2: 1 / 16, 4: 1 / 8, 8: 1 / 4, 12: 1.0})
"""VGG19's map -> its weight: ReLU 1_1, 2_1, 3_1, 4_1 and 5_1 (section 4; weights as in the authors' code)."""


def adversarial_loss(features: Features, *, real: bool) -> Tensor:
    """Return the mean square of (score - 1) if the pictures are to pass for real, of the score otherwise.

    Least squares (Mao et al., ICCV 2017, Eq. 9) in place of Eq. 2, summed over the scales (Eq. 3); the generator asks
    it of its own pictures with `real=True`.
    """
    losses = [
        functional.mse_loss(scores.float(), torch.full_like(scores, float(real), dtype=torch.float32))
        for *_, scores in features
    ]
    return torch.stack(losses).sum()


def feature_matching_loss(generated: Features, real: Features) -> Tensor:
    """Return the mean absolute difference of the features, summed over layers and scales (Eq. 4 and 5).

    As in the authors' code the scores are no features.  That code takes the mean over the scales: half of this for two.
    """
    losses = [
        functional.l1_loss(ours.float(), theirs.detach().float())
        for ours_at_scale, theirs_at_scale in zip(generated, real, strict=True)
        for ours, theirs in zip(ours_at_scale[:-1], theirs_at_scale[:-1], strict=True)
    ]
    return torch.stack(losses).sum()
