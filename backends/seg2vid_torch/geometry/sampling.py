"""Sampling fields at positions in pixels; outside the picture, the border's value.

Shape symbols: N = batch, T = frames, C = channels, H, W = height and width.
"""

from torch import Tensor
from torch.nn import functional

from seg2vid_torch.geometry.camera_motion import vector


def bilinear(fields: Tensor, positions: Tensor) -> Tensor:
    """Sample fields (N, T, C, H, W) at positions (N, T, 2, H, W), linearly between pixels."""
    return _sampled(fields, positions, "bilinear")


def cubic(fields: Tensor, positions: Tensor) -> Tensor:
    """Sample fields (N, T, C, H, W) at positions (N, T, 2, H, W) by a cubic kernel (Keys 1981, a = -0.75).

    Positions outside are moved to the border before the kernel is applied, as some runtimes do and others do not.
    """
    return _sampled(fields, positions, "bicubic")


def nearest(fields: Tensor, positions: Tensor) -> Tensor:
    """Return the nearest pixels of fields (N, T, C, H, W) at positions (N, T, 2, H, W)."""
    height, width = fields.shape[3:]
    x, y = positions.unbind(2)
    index = y.round().clamp(0, height - 1) * width + x.round().clamp(0, width - 1)
    return taken(fields, index.long())


def taken(fields: Tensor, index: Tensor) -> Tensor:
    """Return the pixels of fields (N, T, C, H, W) with the indices y W + x (N, T, H', W')."""
    flat = index.flatten(2)[:, :, None].expand(-1, -1, fields.shape[2], -1)
    return fields.flatten(3).gather(3, flat).unflatten(3, index.shape[2:])


def _sampled(fields: Tensor, positions: Tensor, mode: str) -> Tensor:
    height, width = fields.shape[3:]
    scale = vector(2 / (width - 1), 2 / (height - 1), positions.device)
    grid = (positions.flatten(0, 1) * scale - 1).clamp(-1, 1).permute(0, 2, 3, 1)
    sampled = functional.grid_sample(fields.flatten(0, 1), grid, mode=mode, padding_mode="border", align_corners=True)
    return sampled.unflatten(0, fields.shape[:2])
