"""A motion for pictures of another size than that at which it was told.

Shape symbols: N = batch, T = frames of a chunk, C = channels, h, w = height and width of the motion, H, W = those of
the pictures.
"""

import torch
from torch import Tensor
from torch.nn import functional

from seg2vid_torch.geometry.camera_motion import pixel_grid, vector
from seg2vid_torch.geometry.sampling import taken

Size = tuple[int, int]


def enlarged_positions(positions: Tensor, size: Size, mode: str = "bilinear") -> Tensor:
    """Return positions (N, T, 2, h, w) in pixels for pictures of `size` = H, W: (N, T, 2, H, W)."""
    height, width = positions.shape[3:]
    shift = positions - pixel_grid(height, width, positions.device)
    stretch = vector(size[1] / width, size[0] / height, positions.device)
    if mode == "nearest":
        larger = resized_nearest(shift, size)
    else:
        flat = functional.interpolate(shift.flatten(0, 1), size=size, mode="bilinear", align_corners=False)
        larger = flat.unflatten(0, positions.shape[:2])
    return pixel_grid(size[0], size[1], positions.device) + larger * stretch


def resized_nearest(fields: Tensor, size: Size) -> Tensor:
    """Return fields (N, T, C, h, w) at `size` = H, W by the nearest pixel centre: (N, T, C, H, W)."""
    height, width = fields.shape[3:]
    rows, columns = _nearest_of(height, size[0], fields.device), _nearest_of(width, size[1], fields.device)
    index = (rows[:, None] * width + columns).expand(*fields.shape[:2], -1, -1)
    return taken(fields, index)


def _nearest_of(side: int, wanted: int, device: torch.device) -> Tensor:
    return ((torch.arange(wanted, device=device) + 0.5) * (side / wanted)).long()
