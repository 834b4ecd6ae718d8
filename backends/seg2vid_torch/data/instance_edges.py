"""The edges between instances, for batches; `seg2vid_interface.instance_edges` finds them in a single picture."""

import torch
from torch import Tensor


def instance_edges(ids: Tensor) -> Tensor:
    """Return (N, 1, H, W) float32, 1 where a pixel of ids (N, H, W) differs from one of its four neighbours, else 0.

    Wang et al. (CVPR 2018), section 3.3: the pixels on both sides are marked.
    """
    edges = torch.zeros_like(ids, dtype=torch.bool)
    across, down = ids[..., 1:] != ids[..., :-1], ids[..., 1:, :] != ids[..., :-1, :]
    edges[..., 1:] |= across
    edges[..., :-1] |= across
    edges[..., 1:, :] |= down
    edges[..., :-1, :] |= down
    return edges[:, None].float()
