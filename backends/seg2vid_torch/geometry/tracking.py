"""Inverting a motion that goes on for several frames: what does each pixel of each later frame show?

As in `inversion` a step of Newton's method takes the motion around a pixel of the key frame for linear.  What a pixel
of frame t shows is sought around two pixels of the key frame: that which it showed at t - 1, and that which the nearest
thing around it showed then, which may have come to cover it.  From frame to frame nothing moves far, so that both are
close; over the whole chunk the search would miss what moves further than its window.

Shape symbols: N = batch, T = frames, H, W = height and width.
"""

import torch
from torch import Tensor
from torch.nn import functional

from seg2vid_torch.geometry.camera_motion import pixel_grid
from seg2vid_torch.geometry.inversion import EQUALLY_NEAR, inverse_jacobian
from seg2vid_torch.geometry.sampling import taken

STEPS = 4  # with three, what is fast is not always settled, and the last digit decides where it ends
SOLVED = 0.6  # pixels between a solution and the pixel that it was found from
HIDDEN = -1.0
SMALLEST = 0.2  # inverse stretch: where a motion folds, a step stays finite
REACH = 9  # pixels: width of the window in which something nearer may come to cover a pixel
TILE = 16  # pixels: within a window no two places are the same modulo this
NEAREST = 511  # steps of nearness that are told apart; with a place, they are exact in float32


def track(places: Tensor, nearness: Tensor) -> tuple[Tensor, Tensor]:
    """Return origins (N, T, 2, H, W) in the key frame, and whether that shows them, (N, T, H, W) bool.

    Args:
        places: (N, T, 2, H, W) in pixels: where each pixel of the key frame stands.  The gradient reaches them through
            the last step of the search, not through the choice of its pixel.
        nearness: (N, H, W), the larger, the nearer; 0 or more.
    """
    batch, moments, _, height, width = places.shape
    grid = pixel_grid(height, width, places.device)
    near = (nearness / EQUALLY_NEAR).round().clamp(max=NEAREST)[:, None]  # rounded alike on every runtime
    told = (moments + 3) // 4
    jacobians = _inverse_jacobians((places[:, told - 1] - grid).detach(), told, moments)
    origin, origins, seen = grid.expand(batch, -1, -1, -1), [], []
    shown = near
    bases = _bases(places, jacobians, grid)
    for t in range(moments):
        table = torch.cat([bases[:, t], jacobians[:, t], near], 1).permute(0, 2, 3, 1).flatten(0, 2)
        starts = torch.stack([origin, _nearest_around(shown, origin, grid)])
        (same, other), (same_near, other_near) = _search(table, starts, grid)
        covers = other_near > same_near + 1  # one surface may round either way
        shown = torch.where(covers, other_near, same_near)
        found = shown > HIDDEN
        # What is not seen any more goes on as it was, so that it is looked for where it may come out again.
        origin = torch.where(covers, other, torch.where(found, same, origin))
        origins.append(origin)
        seen.append(found[:, 0])
        origin = origin.detach()
    return torch.stack(origins, 1), torch.stack(seen, 1)


def _inverse_jacobians(shift: Tensor, told: int, moments: int) -> Tensor:
    """Return the inverses of the motions' Jacobians (N, T, 3, H, W): how x grows with x, x with y, y with y.

    How far things move down the picture hardly changes across it, as their depth does not.  The Jacobians are guessed
    from that of one frame, which is near enough for what is half a pixel away at most, and takes an eighth of the time:
    as a camera comes near, 1 / the size of things shrinks evenly, and the ground is stretched down the picture by the
    square of that.

    Args:
        shift: (N, 2, H, W) of an early frame, when little has left the picture yet.
        told: which that is, 1, 2, ...
        moments: T.
    """
    xx, xy, _, yy = inverse_jacobian(shift)[:, None].unbind(2)
    share = torch.arange(1, moments + 1, device=shift.device, dtype=torch.float32).view(1, -1, 1, 1) / told
    down = (1 + share * (yy.clamp(min=0).sqrt() - 1)).clamp(min=SMALLEST)
    return torch.stack([1 + share * (xx - 1), share * xy, down * down], 2)


def _bases(places: Tensor, jacobians: Tensor, grid: Tensor) -> Tensor:
    """Return (N, T, 2, H, W): what the pixel 0, 0 of frame t would show if the motion around each pixel went on so."""
    (x, y), (xx, xy, yy) = places.unbind(2), jacobians.unbind(2)
    return torch.stack([grid[0] - xx * x - xy * y, grid[1] - yy * y], 2)


def _nearest_around(shown: Tensor, origin: Tensor, grid: Tensor) -> Tensor:
    """Return the origin (N, 2, H, W) of what is nearest around each pixel.

    A pooling that tells places as well is slow or missing in runtimes; so the place is told in the number itself, as
    far as the window does not know it.

    Args:
        shown: (N, 1, H, W) whole numbers: how near what each pixel shows is.
        origin: (N, 2, H, W) of that.
        grid: (2, H, W), x and y of the pixels.
    """
    height, width = grid.shape[1:]
    x, y = grid
    column, row = _modulo(x), _modulo(y)
    told = shown * TILE**2 + (column * TILE + row)
    window = functional.max_pool2d(told, (1, REACH), stride=1, padding=(0, REACH // 2))
    window = functional.max_pool2d(window, (REACH, 1), stride=1, padding=(REACH // 2, 0))[:, 0]
    place = window - (window / TILE**2).floor() * TILE**2
    its_column = (place / TILE).floor()
    its_row = place - its_column * TILE
    its_x = (x + _wrapped(its_column - column)).clamp(0, width - 1)
    its_y = (y + _wrapped(its_row - row)).clamp(0, height - 1)
    return taken(origin[:, None], (its_y * width + its_x).long()[:, None])[:, 0]


def _modulo(places: Tensor) -> Tensor:
    return places - (places / TILE).floor() * TILE


def _wrapped(difference: Tensor) -> Tensor:
    """Return a difference modulo TILE within -TILE / 2..TILE / 2."""
    return difference - ((difference + TILE / 2) / TILE).floor() * TILE


def _search(table: Tensor, starts: Tensor, grid: Tensor) -> tuple[Tensor, Tensor]:
    """Search from positions (S, N, 2, H, W); return origins, and how near they are (S, N, 1, H, W), HIDDEN if none.

    Args:
        table: (N H W, 6): of every pixel of the key frame its base (see `_bases`), the inverse of its motion's Jacobian
            (see `_inverse_jacobians`), and how near it is.
        starts: S beginnings of the search.
        grid: (2, H, W), x and y of the pixels.
    """
    height, width = grid.shape[1:]
    grid_x, grid_y = grid
    x, y = starts.unbind(2)
    firsts = torch.arange(starts.shape[1], device=grid.device).view(-1, 1, 1) * (height * width)
    for _ in range(STEPS):
        pixel_x, pixel_y = x.detach().round().clamp(0, width - 1), y.detach().round().clamp(0, height - 1)
        rows = table.index_select(0, (firsts + (pixel_y * width + pixel_x).long()).flatten())
        base_x, base_y, xx, xy, yy, near = (column.view_as(x) for column in rows.split(1, 1))
        x, y = base_x + xx * grid_x + xy * grid_y, base_y + yy * grid_y
    solved = ((x - pixel_x).abs() < SOLVED) & ((y - pixel_y).abs() < SOLVED)
    return torch.stack([x, y], 2), torch.where(solved, near, HIDDEN)[:, :, None]
