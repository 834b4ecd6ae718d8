"""The edges between instances, by which an image stage can tell two cars that stand behind one another."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def instance_edges(instances: NDArray[np.integer[Any]]) -> NDArray[np.bool_]:
    """Return where a pixel of (H, W) belongs to another instance than one of its four neighbours.

    Wang et al. (CVPR 2018), section 3.3: the pixels on both sides are marked.
    """
    edges = np.zeros(instances.shape, np.bool_)
    across, down = instances[:, 1:] != instances[:, :-1], instances[1:] != instances[:-1]
    edges[:, 1:] |= across
    edges[:, :-1] |= across
    edges[1:] |= down
    edges[:-1] |= down
    return edges
