"""Inverting a motion that goes on for several frames: what does each pixel of each later frame show?

As in `inversion` a step of Newton's method takes the motion around a pixel of the key frame for linear.  What a pixel
of frame t shows is sought around two pixels of the key frame: that which it showed at t - 1, and that which the nearest
thing around it showed then, which may have come to cover it.  From frame to frame nothing moves far, so that both are
close; over the whole chunk the search would miss what moves further than its window.

Shape symbols: N = batch, T = frames, H, W = height and width.
"""

import torch
from torch import Tensor

from seg2vid_torch.geometry.camera_motion import pixel_grid
from seg2vid_torch.geometry.inversion import EQUALLY_NEAR, inverse_jacobian, nearest_beside

STEPS = 3
SOLVED = 0.6  # pixels between a solution and the pixel that it was found from
HIDDEN = -1.0


def track(places: Tensor, nearness: Tensor) -> tuple[Tensor, Tensor]:
    """Return origins (N, T, 2, H, W) in the key frame, and whether that shows them, (N, T, H, W) bool.

    Args:
        places: (N, T, 2, H, W) in pixels: where each pixel of the key frame stands.  The gradient reaches them through
            the last step of the search, not through the choice of its pixel.
        nearness: (N, H, W), the larger, the nearer; 0 or more.
    """
    batch, moments, _, height, width = places.shape
    grid = pixel_grid(height, width, places.device)
    near = (nearness / EQUALLY_NEAR).round()[:, None]  # else rounding would decide, differently on every runtime
    shifts = places - grid
    jacobians = inverse_jacobian(shifts.detach().flatten(0, 1)).unflatten(0, (batch, moments))
    origin, origins, seen = grid.expand(batch, -1, -1, -1), [], []
    shown = near
    for t in range(moments):
        table = torch.cat([shifts[:, t], jacobians[:, t], near], 1).permute(0, 2, 3, 1).flatten(0, 2)
        nearest = nearest_around(torch.cat([shown, origin], 1))
        same, same_near = _search(table, origin, grid)
        other, other_near = _search(table, nearest, grid)
        covers = other_near > same_near + 1  # one surface may round either way
        shown = torch.where(covers, other_near, same_near)
        found = shown > HIDDEN
        # What is not seen any more goes on as it was, so that it is looked for where it may come out again.
        origin = torch.where(covers, other, torch.where(found, same, origin))
        origins.append(origin)
        seen.append(found[:, 0])
        origin = origin.detach()
    return torch.stack(origins, 1), torch.stack(seen, 1)


def nearest_around(things: Tensor) -> Tensor:
    """Return the origin (N, 2, H, W) of the nearest of the things (N, 3, H, W), nearness and origin, around each."""
    return nearest_beside(nearest_beside(things).transpose(2, 3)).transpose(2, 3)[:, 1:]


def _search(table: Tensor, start: Tensor, grid: Tensor) -> tuple[Tensor, Tensor]:
    """Search from positions (N, 2, H, W); return origins, and how near they are (N, 1, H, W), HIDDEN if not found."""
    height, width = grid.shape[1:]
    grid_x, grid_y = grid
    x, y = start.unbind(1)
    firsts = torch.arange(start.shape[0], device=grid.device).view(-1, 1, 1) * (height * width)
    for _ in range(STEPS):
        pixel_x, pixel_y = x.detach().round().clamp(0, width - 1), y.detach().round().clamp(0, height - 1)
        rows = table.index_select(0, (firsts + (pixel_y * width + pixel_x).long()).flatten())
        shift_x, shift_y, xx, xy, yx, yy, near = (column.view_as(x) for column in rows.split(1, 1))
        left_x, left_y = grid_x - pixel_x - shift_x, grid_y - pixel_y - shift_y
        x, y = pixel_x + xx * left_x + xy * left_y, pixel_y + yx * left_x + yy * left_y
    solved = ((x - pixel_x).abs() < SOLVED) & ((y - pixel_y).abs() < SOLVED)
    return torch.stack([x, y], 1), torch.where(solved, near, HIDDEN)[:, None]
