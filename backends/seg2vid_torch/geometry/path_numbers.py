"""A camera's path through a chunk in few numbers: how fast it is at the beginning and at the end.

Shape symbols: N = batch, T = frames of a chunk, P = numbers of a path, H, W = height and width.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from seg2vid_interface.model_card import Camera
from seg2vid_torch.geometry.label_depth import LOWEST_GROUND

NUMBERS = 5
"""Speed at the beginning and at the end, turn at the beginning and at the end, and nod over the chunk, each
standard normal where it is drawn."""
MEAN_SPEED, SPEED = 0.4, 0.25  # metres a frame: mean and one deviation
TURN = 0.003  # radians a frame: one deviation
NOD = 0.001  # radians a frame
TILT = 0.007  # radians
LEVEL = 1e-3  # likewise: by one deviation of tilt, which speed and depth can stand for
UNLIKELY = 1e-5  # of the curvature of a path that is fitted: by one deviation
SMOOTH = 1e-3  # likewise: by one deviation of speed or turn from one frame to the next


@dataclass(frozen=True)
class PathBasis:
    """How numbers say a path: linearly."""

    mean: Tensor
    """(T + 1, 3): steps of the path whose numbers are all 0, see `seg2vid_interface.clips.ClipRequest`."""
    rows: Tensor
    """(T + 1, 3, P): what each number adds to them."""
    prior: Tensor
    """(P, P): curvature of what is likely beforehand, for a path that is fitted."""

    def steps(self, numbers: Tensor) -> Tensor:
        """Return the steps (N, T + 1, 3) of numbers (N, P)."""
        return self.mean + (numbers[:, None, None] * self.rows).sum(3)


def path_basis(frames: int, device: torch.device) -> PathBasis:
    """Return how `NUMBERS` numbers say a path of so many frames."""
    share = (torch.arange(1, frames + 1, device=device) - 0.5) / frames
    mean, rows = torch.zeros(frames + 1, 3, device=device), torch.zeros(frames + 1, 3, NUMBERS, device=device)
    mean[1:, 0] = MEAN_SPEED
    for column, (first, size) in enumerate(((0, SPEED), (2, TURN))):
        rows[1:, column, first], rows[1:, column, first + 1] = (1 - share) * size, share * size
    rows[:, 2, 4] = NOD * torch.arange(frames + 1, device=device)
    return PathBasis(mean, rows, UNLIKELY * torch.eye(NUMBERS, device=device))


def knot_basis(moments: Sequence[int], device: torch.device) -> PathBasis:
    """Return how 3 M + 1 numbers say a path that is the same from one of M moments to the next.

    They are the speeds before each moment, the turns, how far the camera looks up at each, and its tilt at first.
    """
    count, frames = len(moments), moments[-1]
    ends = torch.tensor(moments, device=device)
    starts = torch.cat([ends.new_zeros(1), ends[:-1]])
    frame = torch.arange(frames + 1, device=device)[:, None]
    within = ((frame > starts) & (frame <= ends)).float()
    share = ((frame - starts) / (ends - starts)).clamp(0, 1) * within
    rows = torch.zeros(frames + 1, 3, 3 * count + 1, device=device)
    rows[:, 0, :count], rows[:, 1, count : 2 * count] = within * SPEED, within * TURN
    before = torch.cat([(within - share)[:, 1:], share.new_zeros(frames + 1, 1)], 1)
    rows[:, 2, 2 * count : -1] = (share + before) * NOD
    rows[:, 2, -1] = TILT
    mean = torch.zeros(frames + 1, 3, device=device)
    mean[1:, 0] = MEAN_SPEED
    prior = UNLIKELY * torch.eye(3 * count + 1, device=device)
    prior[-1, -1] = LEVEL
    change = torch.eye(count, device=device)
    change = change[1:] - change[:-1]
    for first in (0, count):
        prior[first : first + count, first : first + count] += SMOOTH * (change.T @ change)
    return PathBasis(mean, rows, prior)


def knots_of(steps: Tensor, moments: Sequence[int]) -> Tensor:
    """Return the numbers (N, 3 M + 1) of the path of a `knot_basis` that is closest to these steps (N, T + 1, 3).

    Where they end before the last moment, the path goes on as it was at their end.
    """
    end, parts, start = steps.shape[1] - 1, [], 0
    for moment in moments:
        part = steps[:, min(start + 1, end) : min(moment, end) + 1]
        nod = steps[:, min(moment, end), 2] - steps[:, 0, 2]
        parts.append(torch.stack([(part[..., 0].mean(1) - MEAN_SPEED) / SPEED, part[..., 1].mean(1) / TURN, nod / NOD]))
        start = moment
    return torch.cat([*torch.stack(parts, 2), steps[:, :1, 2] / TILT], 1)


def tilted_depth(inverse_depth: Tensor, tilt: Tensor, camera: Camera) -> Tensor:
    """Return the inverse depth (N, H, W) that labels tell if the camera is tilted (N,), from that if it is level.

    Exact for the ground, and for what stands on it but for the rounding of its edges.
    """
    down = camera.focal_length * inverse_depth.shape[2] * tilt.tan()
    return torch.where(inverse_depth > 0, (inverse_depth - down.view(-1, 1, 1)).clamp(min=LOWEST_GROUND), inverse_depth)
