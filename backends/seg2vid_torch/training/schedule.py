"""Learning rates over a training: functions of its share that is done, 0..1, be that told in steps or in minutes."""

import math
from collections.abc import Mapping

import torch
from torch import Tensor

Optimizers = Mapping[str, torch.optim.Optimizer]


def linear_decay(progress: float, begins: float) -> float:
    """Return 1 up to a share `begins` of the training, then what falls linearly, to 0 at its end.

    Wang et al. (CVPR 2018), appendix A, let it begin to fall at a half.
    """
    return min(1.0, (1 - progress) / (1 - begins)) if begins < 1 else 1.0


def cosine_decay(progress: float, begins: float, final: float) -> float:
    """Return 1 up to a share `begins` of the training, then what falls along a half cosine, to `final` at its end.

    As Loshchilov and Hutter (ICLR 2017, Eq. 5) anneal, without restarts.
    """
    if progress <= begins:
        return 1.0
    return final + (1 - final) * 0.5 * (1 + math.cos(math.pi * (progress - begins) / (1 - begins)))


def warm_up(step: int, steps: int) -> float:
    """Return what rises over the first steps, to 1 in the last of them; `step` is counted from 0."""
    return min(1.0, (step + 1) / steps) if steps else 1.0


def set_rates(optimizers: Optimizers, rates: Mapping[str, float], factor: float) -> None:
    """Give each optimizer its rate times the factor, in place where a captured step reads it on the device."""
    for name, optimizer in optimizers.items():
        for group in optimizer.param_groups:
            if isinstance(group["lr"], Tensor):
                group["lr"].fill_(rates[name] * factor)
            else:
                group["lr"] = rates[name] * factor
