"""Inverting a motion: what does each pixel of the later frame show?

A motion says where every pixel of a still goes.  Its inverse is sought by Newton's method: around a pixel q of the
still the motion is taken for linear, and where that comes to the pixel g of the later frame is the next guess, whose
nearest pixel is the next q.  Several parts of a still may come to the same place, and the nearest of them covers the
others; so the search starts twice, from the pixel itself and from the nearest thing around it.

A step is a table look-up and a few products, which every runtime has, and which take a CPU a fifth of the time of
sampling.

Shape symbols: N = batch, M = moments, H, W = height and width, P = N M H W.
"""

import torch
from torch import Tensor
from torch.nn import functional

from seg2vid_torch.geometry.camera_motion import pixel_grid

REACH = 9  # pixels: width of the window in which something nearer may come to cover a pixel
STEPS = 4
EQUALLY_NEAR = 0.5  # pixels of inverse depth; what differs less does not cover one another
SOLVED = 0.75  # pixels between a solution and the q that it was found from
STEEPEST = 2.0  # change of the shift from one pixel to the next that still belongs to one surface
SMALLEST_STRETCH = 0.2  # where a motion folds, a step stays finite


def invert(places: Tensor, nearness: Tensor, steps: int = STEPS) -> tuple[Tensor, Tensor]:
    """Invert `camera_motion.project`.

    Args:
        places: (N, M, 2, H, W) in pixels: where each pixel of the still stands.  The gradient reaches them through the
            last step, not through the choice of its q.
        nearness: (N, H, W), the larger, the nearer; 0 or more.
        steps: of the search.

    Returns:
        Positions (N, M, 2, H, W) in the still (a rough guess where it shows nothing of the kind), and (N, M, 1, H, W)
        bool: whether it does.
    """
    moments = places.shape[1]
    grid = pixel_grid(nearness.shape[1], nearness.shape[2], nearness.device)
    shift = (places - grid).flatten(0, 1)
    nearness = (nearness / EQUALLY_NEAR).round()  # else rounding would decide, differently on every runtime
    near = nearness.repeat_interleave(moments, 0)[:, None]
    table = torch.cat([shift, inverse_jacobian(shift.detach()), near], 1).permute(0, 2, 3, 1).flatten(0, 2)
    nearest_around = _nearest_around(nearness).repeat_interleave(moments, 0)
    first, first_near = _search(table, grid.expand_as(shift), grid, steps)
    second, second_near = _search(table, nearest_around, grid, steps)
    found = (first_near >= 0) | (second_near >= 0)
    positions = torch.where(second_near > first_near + 1, second, first)  # 1: one surface may round either way
    positions = torch.where(found, positions, grid - shift)
    return positions.unflatten(0, (-1, moments)), found.unflatten(0, (-1, moments))


def _search(table: Tensor, start: Tensor, grid: Tensor, steps: int) -> tuple[Tensor, Tensor]:
    """Search from the pixels `start` (N M, 2, H, W); return positions of the same shape.

    Also returns how near what they show is (N M, 1, H, W), -1 where the search failed.
    """
    height, width = grid.shape[1:]
    (grid_x, grid_y), (pixel_x, pixel_y) = grid, start.unbind(1)
    x, y = pixel_x, pixel_y
    firsts = torch.arange(start.shape[0], device=grid.device).view(-1, 1, 1) * (height * width)
    for step in range(steps):
        if step:
            pixel_x = x.detach().round().clamp(0, width - 1)
            pixel_y = y.detach().round().clamp(0, height - 1)
        rows = table.index_select(0, (firsts + (pixel_y * width + pixel_x).long()).flatten())
        shift_x, shift_y, xx, xy, yx, yy, near = (column.view_as(x) for column in rows.split(1, 1))
        left_x, left_y = grid_x - pixel_x - shift_x, grid_y - pixel_y - shift_y
        x, y = pixel_x + xx * left_x + xy * left_y, pixel_y + yx * left_x + yy * left_y
    solved = ((x - pixel_x).abs() < SOLVED) & ((y - pixel_y).abs() < SOLVED)
    return torch.stack([x, y], 1), torch.where(solved, near, -1.0)[:, None]


def _nearest_around(nearness: Tensor) -> Tensor:
    """Return the pixel (N, 2, H, W) of the nearest thing around each: what might come to cover it."""
    grid = pixel_grid(nearness.shape[1], nearness.shape[2], nearness.device).expand(nearness.shape[0], -1, -1, -1)
    things = torch.cat([nearness[:, None], grid], 1)
    return nearest_beside(nearest_beside(things).transpose(2, 3)).transpose(2, 3)[:, 1:]


def nearest_beside(things: Tensor) -> Tensor:
    """Return the nearest of the things (N, 3, H, W), nearness and place, within the reach along W.

    In windows that double: a pooling that tells places as well takes OpenVINO a hundred times as long.
    """
    things = functional.pad(things, (REACH // 2, REACH // 2), value=-1.0)
    best = things
    for step in (1, 2, 4):  # then the window is 8 wide
        best = _nearer(best[..., :-step], best[..., step:])
    return _nearer(best[..., : 8 - REACH], things[..., REACH - 1 :])


def _nearer(one: Tensor, other: Tensor) -> Tensor:
    """Return the nearer of two things at each place, the first where they are as near."""
    return torch.where(other[:, :1] > one[:, :1], other, one)


def inverse_jacobian(shift: Tensor) -> Tensor:
    """Return the inverse of I + J (N M, 4, H, W), row by row, where J is the derivative of the shift (N M, 2, H, W)."""
    along_x, along_y = _slope(shift), _slope(shift.transpose(2, 3)).transpose(2, 3)
    (xx, yx), (xy, yy) = (1 + along_x[:, 0], along_x[:, 1]), (along_y[:, 0], 1 + along_y[:, 1])
    determinant = (xx * yy - xy * yx).clamp(min=SMALLEST_STRETCH)
    return torch.stack([yy, -xy, -yx, xx], 1) / determinant[:, None]


def _slope(shift: Tensor) -> Tensor:
    """Return the change of the shift (N M, 2, H, W) per pixel along W.

    Of the changes to the left and to the right the smaller counts, and none if they differ in sign: beyond the other
    may lie the edge of a surface.
    """
    change = shift[..., 1:] - shift[..., :-1]
    left, right = torch.cat([change[..., :1], change], 3), torch.cat([change, change[..., -1:]], 3)
    smaller = torch.where(left.abs() < right.abs(), left, right)
    return torch.where((left * right > 0) & (smaller.abs() < STEEPEST), smaller, 0.0)
