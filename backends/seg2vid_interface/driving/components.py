"""Connected components of a mask: things that a label map does not tell apart by ids.

Shape symbols: H, W = height and width.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray


def components(groups: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Number the regions of equal, neighbouring group numbers: (H, W) int32, 1, 2, ... in the order of their first row.

    Args:
        groups: (H, W); pixels of group 0 belong to no region and get 0.  Pixels that touch at a corner are neighbours.
    """
    numbers = np.zeros(groups.shape, np.int32)
    parents = [0]
    previous: list[tuple[int, int, int, int]] = []
    for y, row in enumerate(groups):
        runs = []
        for start, stop in _runs(row):
            group = int(row[start])
            if not group:
                continue
            touching = [n for a, b, g, n in previous if g == group and a <= stop and b >= start]
            number = min((_root(parents, n) for n in touching), default=len(parents))
            if number == len(parents):
                parents.append(number)
            for other in touching:
                parents[_root(parents, other)] = number
            numbers[y, start:stop] = number
            runs.append((start, stop, group, number))
        previous = runs
    roots = np.array([_root(parents, n) for n in range(len(parents))])
    return np.unique(roots, return_inverse=True)[1].astype(np.int32)[numbers]


def _runs(row: NDArray[np.uint8]) -> list[tuple[int, int]]:
    """Return start and stop of every run of equal numbers."""
    edges = [0, *(np.flatnonzero(np.diff(row)) + 1).tolist(), len(row)]
    return list(pairwise(edges))


def _root(parents: list[int], number: int) -> int:
    while parents[number] != number:
        number = parents[number]
    return number
