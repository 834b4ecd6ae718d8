"""Warping by sampling: what Img2Vid does to a frame, to labels and to a flow.

Grid units: 2 = the image's width (x) or height (y), corners of the grid are the centres of the corner pixels.
"""

import torch
from torch import Tensor
from torch.nn import functional


def base_grid(like: Tensor) -> Tensor:
    """Return the grid (1, 2, H, W) of x, y in -1..1 for a picture (N, C, H, W)."""
    height, width = like.shape[-2:]
    y = torch.linspace(-1, 1, height, device=like.device, dtype=torch.float32)
    x = torch.linspace(-1, 1, width, device=like.device, dtype=torch.float32)
    return torch.stack([x.expand(height, width), y[:, None].expand(height, width)])[None]


def warp(source: Tensor, flow: Tensor, *, padding: str = "zeros") -> Tensor:
    """Sample `source` (N, C, H, W) bilinearly at base - flow, in float32.

    Args:
        source: any float values.
        flow: (N, 2, H, W), x and y in grid units.
        padding: what lies outside: "zeros", as in the paper, or "border".
    """
    grid = (base_grid(source) - flow.float()).permute(0, 2, 3, 1)
    return functional.grid_sample(source.float(), grid, mode="bilinear", padding_mode=padding, align_corners=True)


def to_pixels(flow: Tensor) -> Tensor:
    """Turn a flow (N, 2, H, W) in grid units into pixels."""
    return flow * _pixels_per_unit(flow)


def to_grid_units(flow: Tensor) -> Tensor:
    """Turn a flow (N, 2, H, W) in pixels into grid units."""
    return flow / _pixels_per_unit(flow)


def _pixels_per_unit(flow: Tensor) -> Tensor:
    height, width = flow.shape[-2:]
    return flow.new_tensor([(width - 1) / 2, (height - 1) / 2]).view(2, 1, 1)
