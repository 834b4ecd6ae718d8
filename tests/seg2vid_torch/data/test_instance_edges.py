"""The edges between instances, of batches and of single pictures."""

import numpy as np
import torch

from seg2vid_interface import instance_edges as single
from seg2vid_torch.data.instance_edges import instance_edges


def test_both_sides_of_an_edge_are_marked():
    ids = torch.zeros(1, 5, 6, dtype=torch.long)
    ids[0, 2, 3] = 1000
    expected = torch.zeros(1, 1, 5, 6)
    for y, x in ((2, 3), (1, 3), (3, 3), (2, 2), (2, 4)):
        expected[0, 0, y, x] = 1
    assert torch.equal(instance_edges(ids), expected)


def test_a_batch_has_the_edges_of_its_pictures():
    ids = np.random.default_rng(0).integers(0, 3, (4, 16, 24))
    expected = np.stack([single.instance_edges(picture) for picture in ids])[:, None]
    assert np.array_equal(instance_edges(torch.from_numpy(ids)).numpy(), expected.astype(np.float32))
