"""What was never seen: which pixel of the same frame stands for it, so that it may look and move like that.

Where a thing has moved away or the camera has turned, a frame shows what its key frame does not.  It is taken for a
part of the nearest seen surface of its row to the left or to the right, of the two the one further away: what was
hidden lies behind what hid it.  But nothing lies further away than the ground does at its row, for it would lie under
the ground; and no thing lies behind another.  A narrow gap in one surface is no hole, but a crack that comes of
stretching it.

Shape symbols: N = batch, T = frames, H, W = height and width.
"""

import torch
from torch import Tensor
from torch.nn import functional

WIDEST, NARROW = 6, 4  # doublings: 63 and 15 pixels
NONE = -1.0
UNDERGROUND = 0.85  # of the ground's inverse depth: what has less would lie below it
UNLIKELY = 1e6
CRACK, SAME_SURFACE = 15, 0.3  # pixels across, relative difference of depths on both sides


def stand_ins(seen: Tensor, inverse_depth: Tensor, ground: Tensor, part: Tensor) -> tuple[Tensor, Tensor]:
    """Return the index y W + x (N, T, H, W) long of the pixel that stands for each; where it is seen, its own.

    Also returns what is seen (N, T, H, W) bool, cracks included.

    Args:
        seen: (N, T, H, W) bool.
        inverse_depth: (N, T, H, W), 0 or more; counts where seen.
        ground: (N, T, H, 1), the inverse depth that the ground has at each row; 0 above the horizon.
        part: (N, T, H, W) float, 0 = street, 1 = a thing, which does not stand for anything behind it, 2 = the bonnet,
            which stands for nothing.
    """
    height, width = seen.shape[2:]
    columns = torch.arange(width, device=seen.device, dtype=torch.float32).expand(seen.shape)
    surfaces = seen & (part < 0.5)
    row = _nearest_row(surfaces.any(3))[..., None].expand(seen.shape)
    hidden = row * width + _surface(surfaces, inverse_depth, ground, columns).gather(2, row)
    crack, beside = _crack(seen & (part < 1.5), inverse_depth, columns)
    starts = torch.arange(height, device=seen.device).view(-1, 1) * width  # of the rows
    own, beside_index = starts + torch.arange(width, device=seen.device), starts + beside.long()
    return torch.where(seen, own, torch.where(crack, beside_index, hidden)), seen | crack


def _surface(seen: Tensor, inverse_depth: Tensor, ground: Tensor, columns: Tensor) -> Tensor:
    """Return the column (N, T, H, W) long of the surface that goes on behind what hides it."""
    left, right = _neighbours(seen, columns, WIDEST)
    has_left, has_right = left >= 0, right < seen.shape[3]
    left_far = _how_far(_at(inverse_depth, left), ground)
    right_far = _how_far(_at(inverse_depth, right), ground)
    takes_left = has_left & (~has_right | (left_far <= right_far))
    return torch.where(takes_left, left, torch.where(has_right, right, columns)).long()


def _crack(seen: Tensor, inverse_depth: Tensor, columns: Tensor) -> tuple[Tensor, Tensor]:
    """Return where a narrow gap parts one surface (N, T, H, W) bool, and the nearer of its edges' columns."""
    left, right = _neighbours(seen, columns, NARROW)
    left_depth, right_depth = _at(inverse_depth, left), _at(inverse_depth, right)
    alike = (left_depth - right_depth).abs() <= SAME_SURFACE * torch.maximum(left_depth, right_depth)
    crack = (left >= 0) & (right < seen.shape[3]) & (right - left <= CRACK) & alike
    return crack, torch.where(columns - left <= right - columns, left, right).clamp(0, seen.shape[3] - 1)


def _neighbours(seen: Tensor, columns: Tensor, doublings: int) -> tuple[Tensor, Tensor]:
    """Return the columns of the nearest seen pixels to the left (-1 = none) and to the right (W = none)."""
    last = seen.shape[3] - 1
    left = _running_maximum(torch.where(seen, columns, NONE), doublings)
    right = last - _running_maximum(torch.where(seen, last - columns, NONE).flip(3), doublings).flip(3)
    return left, right


def _at(field: Tensor, columns: Tensor) -> Tensor:
    """Return a field's numbers in other columns of the same rows."""
    return field.gather(3, columns.clamp(0, field.shape[3] - 1).long())


def _how_far(inverse_depth: Tensor, ground: Tensor) -> Tensor:
    """Return a number that is the smaller the likelier something is to be what was hidden."""
    return torch.where(inverse_depth < UNDERGROUND * ground, UNLIKELY - inverse_depth, inverse_depth)


def _nearest_row(known: Tensor) -> Tensor:
    """Return (N, T, H) long: the row itself if known (N, T, H), else the nearest above, else the nearest below."""
    height = known.shape[2]
    rows = torch.arange(height, device=known.device, dtype=torch.float32).expand(known.shape)
    above = _running_maximum(torch.where(known, rows, NONE), WIDEST)
    below = height - 1 - _running_maximum(torch.where(known, height - 1 - rows, NONE).flip(2), WIDEST).flip(2)
    return torch.where(above >= 0, above, torch.where(below < height, below, rows)).long()


def _running_maximum(numbers: Tensor, doublings: int) -> Tensor:
    """Return the running maximum along the last side, in steps that double: export knows no `cummax`."""
    for doubling in range(doublings):
        step = 2**doubling
        numbers = torch.maximum(numbers, functional.pad(numbers, (step, 0), value=NONE)[..., :-step])
    return numbers
