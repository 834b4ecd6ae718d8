"""The hinge losses of critics (Lim and Ye, "Geometric GAN", 2017; as in Miyato et al., ICLR 2018, Eq. 16 and 17).

Sauer et al. (NeurIPS 2021, Eq. 2) sum them over the critics; here it is the mean, so that a weight means the same for
any number of critics.  Scores are lists of maps (N, 1, h, w) of any sizes; above 0: real.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional


def critics_loss(scores: Sequence[Tensor]) -> Tensor:
    """Return what the generator minimises, of its own pictures' scores (Miyato et al., Eq. 17)."""
    return -_mean(scores)


def hinge_loss(real: Sequence[Tensor], generated: Sequence[Tensor]) -> Tensor:
    """Return what the critics minimise, of true and generated pictures' scores (Miyato et al., Eq. 16)."""
    return _mean([functional.relu(1 - x) for x in real]) + _mean([functional.relu(1 + x) for x in generated])


def _mean(scores: Sequence[Tensor]) -> Tensor:
    """Return the mean over the critics of each one's mean."""
    return torch.stack([x.float().mean() for x in scores]).mean()
