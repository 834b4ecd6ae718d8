"""Warping by sampling: what Img2Vid does to a frame, to labels and to a flow.

Grid units: 2 = the image's width (x) or height (y), corners of the grid are the centres of the corner pixels.
"""

import torch
from torch import Tensor
from torch.nn import functional

from seg2vid_torch.geometry.camera_motion import vector


def base_grid(like: Tensor) -> Tensor:
    """Return the grid (1, 2, H, W) of x, y in -1..1 for a picture (N, C, H, W)."""
    height, width = like.shape[-2:]
    x, y = _from_minus_one_to_one(width, like.device), _from_minus_one_to_one(height, like.device)
    return torch.stack([x.expand(height, width), y[:, None].expand(height, width)])[None]


def _from_minus_one_to_one(steps: int, device: torch.device) -> Tensor:
    """Return what `torch.linspace` would; that would fix the size in an export."""
    return (2 * torch.arange(steps, device=device, dtype=torch.float32) - (steps - 1)) / (steps - 1)


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
    return vector((width - 1) / 2, (height - 1) / 2, flow.device)
