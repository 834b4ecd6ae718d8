"""Sampling fields at positions in pixels; outside the picture, the border's value.

Positions are moved into the picture first: then what lies outside never counts, and all runtimes agree on the rest; and
grids are told so that the corners of pixels meet those of the grid, for which runtimes have fast kernels.

Shape symbols: N = batch, T = frames, C = channels, H, W = height and width.
"""

import torch
from torch import Tensor
from torch.nn import functional

MIDDLE = (-0.09375, 0.59375, 0.59375, -0.09375)
"""Of a cubic kernel (Keys 1981, a = -0.75) half-way between two pixels."""


def bilinear(fields: Tensor, positions: Tensor) -> Tensor:
    """Sample fields (N, T, C, H, W) at positions (N, T, 2, H', W'), linearly between pixels."""
    return _sampled(fields, positions, "bilinear")


def cubic(pictures: Tensor, positions: Tensor) -> Tensor:
    """Sample pictures (N, C, H, W) in 0..1 at positions (N, T, 2, H', W') by a cubic kernel (Keys 1981, a = -0.75).

    Returns (N, T, C, H', W') in 0..1.  Runtimes take three to four times as long as for `half_pixel`.
    """
    return _sampled(_spread(pictures, positions), positions, "bicubic").clamp(0, 1)


def half_pixel(pictures: Tensor, positions: Tensor) -> Tensor:
    """Sample what `doubled` made of pictures in 0..1 at positions (N, T, 2, H', W') in pixels of these.

    Linear between half pixels of the cubic kernel's.  Returns (N, T, C, H', W') in 0..1.
    """
    height, width = pictures.shape[2:]
    x, y = (positions * 2).unbind(2)
    inside = torch.stack([x.clamp(0, width - 2), y.clamp(0, height - 2)], 2)  # beyond, the border is repeated
    return _sampled(_spread(pictures, positions), inside, "bilinear").clamp(0, 1)


def _spread(pictures: Tensor, positions: Tensor) -> Tensor:
    return pictures[:, None].expand(-1, positions.shape[1], -1, -1, -1)


def _sampled(fields: Tensor, positions: Tensor, mode: str) -> Tensor:
    height, width = fields.shape[3:]
    x, y = positions.flatten(0, 1).unbind(1)
    x, y = x.clamp(0, width - 1), y.clamp(0, height - 1)
    grid = torch.stack([(2 * x + 1) / width - 1, (2 * y + 1) / height - 1], -1)
    # Between the border's pixels and what lies outside a linear kernel never looks, a cubic one does.
    padding = "zeros" if mode == "bilinear" else "border"
    sampled = functional.grid_sample(fields.flatten(0, 1), grid, mode=mode, padding_mode=padding, align_corners=False)
    return sampled.unflatten(0, fields.shape[:2])


def doubled(pictures: Tensor) -> Tensor:
    """Return pictures (N, C, 2H, 2W) with pixels between those of (N, C, H, W), by a cubic kernel."""
    return _between_rows(_between_rows(pictures.transpose(2, 3)).transpose(2, 3))


def _between_rows(pictures: Tensor) -> Tensor:
    """Return (N, C, 2H, W): after every row the one half-way to the next."""
    height = pictures.shape[2]
    padded = functional.pad(pictures, (0, 0, 1, 2), mode="replicate")
    between = sum(weight * padded[:, :, tap : tap + height] for tap, weight in enumerate(MIDDLE))
    assert isinstance(between, Tensor)
    return torch.stack([pictures, between], 3).flatten(2, 3)


def nearest(fields: Tensor, positions: Tensor) -> Tensor:
    """Return the nearest pixels of fields (N, T, C, H, W) at positions (N, T, 2, H', W')."""
    height, width = fields.shape[3:]
    x, y = positions.unbind(2)
    index = y.round().clamp(0, height - 1) * width + x.round().clamp(0, width - 1)
    return taken(fields, index.long())


def taken(fields: Tensor, index: Tensor) -> Tensor:
    """Return the pixels of fields (N, T, C, H, W) with the indices y W + x (N, T, H', W')."""
    flat = index.flatten(2)[:, :, None].expand(-1, -1, fields.shape[2], -1)
    return fields.flatten(3).gather(3, flat).unflatten(3, index.shape[2:])
