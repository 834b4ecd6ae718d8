"""Means over what counts in a batch, where several processes have a share of the batch each."""

from collections.abc import Callable

from torch import Tensor

Average = Callable[[Tensor], Tensor]
"""What every process has of some numbers -> their mean over the processes; no gradient goes through it."""
SMALLEST = 1e-12  # what counts, where nothing does


def alone(values: Tensor) -> Tensor:
    """Return the values: there is one process (see `Average`)."""
    return values


def weighed(mean: Tensor, counted: Tensor, average: Average) -> Tensor:
    """Return a mean so that its mean over the processes is that over all that counts in any of them.

    Args:
        mean: over what counts in this process.
        counted: how much that is.
        average: over the processes.
    """
    if average is alone:
        return mean
    counted = counted.to(mean.dtype)  # not whole numbers, whose mean may be none
    return mean * (counted / average(counted).clamp(min=SMALLEST))
