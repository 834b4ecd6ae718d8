"""How much one ratio has changed between two runs, with a 95% confidence interval.

It is Welch's t-interval for the difference between the means of logarithms, of as many independent rounds as the runs'
own correlation leaves: a busy machine stays busy for some rounds, and what follows such a round tells less that is new.
What differs between two runs but not within one is not in the interval; the tolerance is there for that.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, variance

# Of Student's distribution, for 1, 2, ... degrees of freedom: 97.5% lies below.
QUANTILES = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
    *(2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042),
)

LARGEST_CORRELATION = 0.7
"""Of neighbouring rounds; from few rounds a higher one cannot be told."""


@dataclass(frozen=True)
class Ratio:
    """New by old, with the limits of its 95% interval."""

    ratio: float
    low: float
    high: float


def ratio_of_means(old: Sequence[float], new: Sequence[float]) -> Ratio:
    """Compare logarithms, at least two a run, of something positive."""
    difference = fmean(new) - fmean(old)
    shares = [variance(values) / independent_rounds(values) for values in (old, new)]
    error = math.sqrt(sum(shares))
    reach = error * _quantile(_degrees_of_freedom(shares, (len(old), len(new)))) if error else 0.0
    return Ratio(math.exp(difference), math.exp(difference - reach), math.exp(difference + reach))


def independent_rounds(values: Sequence[float]) -> float:
    """Return how many independent rounds tell as much as these: fewer the more each is like the one before."""
    count, mean = len(values), fmean(values)
    squares = sum((value - mean) ** 2 for value in values)
    if not squares:
        return count
    products = sum((value - mean) * (following - mean) for value, following in pairwise(values))
    # On average the correlation of so few values comes out too low by 1 / count.
    correlation = min(max(products / squares + 1 / count, 0.0), LARGEST_CORRELATION)
    return max(2.0, count * (1 - correlation) / (1 + correlation))


def _degrees_of_freedom(shares: Sequence[float], counts: Sequence[int]) -> float:
    """Welch's and Satterthwaite's."""
    return sum(shares) ** 2 / sum(share**2 / (count - 1) for share, count in zip(shares, counts, strict=True))


def _quantile(degrees: float) -> float:
    """Return Student's 97.5% quantile, of the next lower whole number of degrees: rather too wide an interval."""
    return QUANTILES[min(max(int(degrees), 1), len(QUANTILES)) - 1]
