"""Which samples of every batch this process takes, where several train together or a batch is taken in parts.

All that is random is drawn for the whole batch, by every process alike, and each takes its samples: so N processes
train on what one would, sample by sample.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

Samples = TypeVar("Samples")


@dataclass(frozen=True)
class Share:
    """A process's samples: every so many-th, so that each has as many of every part that a batch has.

    Sample i of a batch belongs to micro-batch i mod K; within it, the processes take turns.  So a micro-batch has the
    same samples whatever the number of processes, and parts whose sizes K x N divides are shared equally.
    """

    rank: int = 0
    processes: int = 1
    """N."""
    accumulated: int = 1
    """K: micro-batches."""

    def of(self, samples: Tensor, dim: int = 0) -> Tensor:
        """Return this process's of a batch's samples, which lie along `dim`: one micro-batch after the other."""
        stride = self.accumulated * self.processes
        if stride == 1:
            return samples
        index = torch.arange(samples.shape[dim], device=samples.device)
        first = (k + self.accumulated * self.rank for k in range(self.accumulated))
        return samples.index_select(dim, torch.cat([index[start::stride] for start in first]))

    def micro_batches(self, own: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
        """Return the K micro-batches of this process's samples."""
        return own.tensor_split(self.accumulated, dim)


WHOLE = Share()
"""That of the only process, which takes all at once."""


def micro_batch_of(samples: Samples, share: Share, part: int) -> Samples:
    """Return a micro-batch of a dataclass whose tensors, and those of dataclasses within, begin with the samples."""
    if isinstance(samples, Tensor):
        return share.micro_batches(samples)[part]  # type: ignore[return-value]  # a Tensor of a Tensor
    if not is_dataclass(samples):
        return samples
    parts = {field.name: micro_batch_of(getattr(samples, field.name), share, part) for field in fields(samples)}
    return replace(samples, **parts)  # type: ignore[type-var]  # no class, as a dataclass itself might be


class SampleDraws:
    """Draws numbers for all samples of a batch, and returns those of a share."""

    def __init__(self, generator: np.random.Generator, count: int, share: Share) -> None:
        """Draw from a generator for `count` samples."""
        self._generator, self._count, self._share = generator, count, share

    def normal(self, *shape: int) -> Tensor:
        """Return standard normal numbers (n, *shape), float32."""
        return self._of_share(self._generator.standard_normal((self._count, *shape), dtype=np.float32))

    def even(self, *shape: int) -> Tensor:
        """Return numbers (n, *shape) even in 0..1, float64."""
        return self._of_share(self._generator.random((self._count, *shape)))

    def uniform(self, low: float, high: float, *shape: int) -> Tensor:
        """Return numbers (n, *shape) even in low..high, float64."""
        return self._of_share(self._generator.uniform(low, high, (self._count, *shape)))

    def integers(self, limit: int) -> Tensor:
        """Return whole numbers (n,) in 0..limit - 1."""
        return self._of_share(self._generator.integers(limit, size=self._count))

    def of(self, whole: Callable[[np.random.Generator, int], Tensor]) -> Tensor:
        """Return the share of what a function draws for so many samples."""
        return self._share.of(whole(self._generator, self._count))

    def _of_share(self, numbers: np.ndarray[Any, Any]) -> Tensor:
        return self._share.of(torch.from_numpy(numbers))
