"""Loss terms of a step, by the names of their weights in the settings."""

from collections.abc import Mapping

import torch
from torch import Tensor

from seg2vid_torch.settings.stage import StrictSettings

Terms = dict[str, Tensor]
"""Name of a weight -> loss, not yet weighted."""


def weighted_sum(terms: Terms, weights: StrictSettings) -> Tensor:
    """Return what is minimised; terms of weight 0 are left out."""
    factors: Mapping[str, float] = weights.model_dump()
    return torch.stack([factors[name] * loss for name, loss in terms.items() if factors[name]]).sum()
