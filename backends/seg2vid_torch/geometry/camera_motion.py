"""A camera that drives through a still: where every pixel goes, and what covers what.

All positions are pixels, x to the right and y down.

Shape symbols: N = batch, T = moments, H, W = height and width.
"""

from dataclasses import dataclass, fields

import torch
from torch import Tensor
from torch.nn import functional

FOCAL_LENGTH = 1.1  # of the picture's width; that of Cityscapes' cameras
EDGE = 0.75  # pixels by which neighbours' motions differ where near meets far
SOLVED = 0.75  # pixels of error up to which an inversion counts
REACH = 9  # pixels: width of the window in which something nearer may come to cover a pixel
DAMPING = 0.6  # of an iteration of the inversion: it converges where the motion magnifies up to 2 / 0.6 times
LANE, LANE_END = 0.7, 1.5  # camera heights to the side: surely in our lane, surely not
BONNET_NEARNESS = 1e4
NEAREST = 0.2  # smallest depth relative to the still's: what would pass the camera stays in front of it


@dataclass(frozen=True)
class CameraPath:
    """How the camera and the foreground move in each of N clips; one frame is the unit of time."""

    speed: Tensor
    """(N,) forward, in camera heights per frame."""
    yaw: Tensor
    """(N,) turn to the right, in radians per frame."""
    pitch: Tensor
    """(N, T) nod at each moment, in radians."""
    horizon: Tensor
    """(N,) row of the horizon in the still, in pixels."""
    foreground_speed: Tensor
    """(N,) forward speed of the foreground, in camera heights per frame; 0 = parked."""
    foreground_drift: Tensor
    """(N,) speed of the foreground to the right, in camera heights per frame."""

    def to(self, device: torch.device) -> "CameraPath":
        """Return the path on a device."""
        return CameraPath(**{field.name: getattr(self, field.name).to(device) for field in fields(self)})


@dataclass(frozen=True)
class Effort:
    """How long an inversion is iterated."""

    coarse: int
    """Iterations that sample the nearest pixel."""
    fine: int
    """Iterations that sample bilinearly, after these."""


@dataclass(frozen=True)
class Scene:
    """A still whose depth is known."""

    depth: Tensor
    """(N, H, W) inverse depth in pixels (see `label_depth`)."""
    foreground: Tensor
    """(N, H, W) bool: moves by itself."""
    bonnet: Tensor
    """(N, H, W) bool: the camera's own car, which stays where it is and covers everything."""

    @property
    def nearness(self) -> Tensor:
        """(N, H, W): the larger, the nearer."""
        return self.depth.masked_fill(self.bonnet, BONNET_NEARNESS)


def pixel_grid(height: int, width: int, device: torch.device) -> Tensor:
    """Return (2, H, W): x and y of every pixel."""
    y, x = torch.meshgrid(torch.arange(height, device=device), torch.arange(width, device=device), indexing="ij")
    return torch.stack([x, y]).float()


def project(scene: Scene, path: CameraPath, moment: float, pitch: Tensor) -> Tensor:
    """Return (N, 2, H, W): where each pixel of the still stands `moment` frames later (earlier if negative).

    `pitch` (N,) is the nod relative to the still, in radians.
    """
    _, height, width = scene.depth.shape
    focal = FOCAL_LENGTH * width
    grid = pixel_grid(height, width, scene.depth.device)
    x, y = grid[0] - (width - 1) / 2, grid[1] - path.horizon.view(-1, 1, 1)
    own = scene.foreground.float()
    # What stands in our own lane drives ahead of us; elsewhere the foreground has its own speed.
    sideways = x.abs() / scene.depth.clamp(min=1e-3)
    ahead = own * ((LANE_END - sideways) / (LANE_END - LANE)).clamp(0, 1)
    approach = (1 - ahead) * (path.speed.view(-1, 1, 1) - own * path.foreground_speed.view(-1, 1, 1))
    drift = own * path.foreground_drift.view(-1, 1, 1) * scene.depth
    scale = 1 / (1 - moment * approach * scene.depth / focal).clamp(min=NEAREST)
    x, y = (x + moment * drift) * scale, y * scale
    # Small rotations: Longuet-Higgins and Prazdny (1980), Eq. 2.12.
    turn, nod = -(path.yaw * moment).view(-1, 1, 1), pitch.view(-1, 1, 1)
    x, y = (
        x + turn * focal * (1 + (x / focal) ** 2) + nod * x * y / focal,
        y + turn * x * y / focal + nod * focal * (1 + (y / focal) ** 2),
    )
    places = torch.stack([x + (width - 1) / 2, y + path.horizon.view(-1, 1, 1)], 1)
    return torch.where(scene.bonnet[:, None], grid, places)


def length(vectors: Tensor) -> Tensor:
    """Return the Euclidean length (N, 1, H, W) of vectors (N, 2, H, W); `Tensor.norm` is many times slower here."""
    return torch.hypot(vectors[:, :1], vectors[:, 1:])


def sample(field: Tensor, positions: Tensor, *, mode: str = "bilinear") -> Tensor:
    """Sample `field` (N, C, H, W) at positions (N, 2, H', W') in pixels; outside, the border's value."""
    height, width = field.shape[-2:]
    scale = positions.new_tensor([2 / (width - 1), 2 / (height - 1)]).view(2, 1, 1)
    grid = (positions * scale - 1).permute(0, 2, 3, 1)
    return functional.grid_sample(field, grid, mode=mode, padding_mode="border", align_corners=True)


def invert(places: Tensor, nearness: Tensor, effort: Effort) -> tuple[Tensor, Tensor]:
    """Invert `project`: find what each pixel of the later frame shows, the nearest where several answer.

    Args:
        places: (N, 2, H, W) as returned by `project`.
        nearness: (N, H, W), the larger, the nearer; 0 or more.
        effort: how long to search.

    Returns:
        Positions (N, 2, H, W) in the still (a rough guess where it shows nothing of the kind), and (N, 1, H, W) bool:
        whether it does.
    """
    grid = pixel_grid(nearness.shape[1], nearness.shape[2], nearness.device)[None]
    shift = places - grid
    nearest_shift = _shift_of_nearest(shift, nearness)
    (first, first_near), (second, second_near) = (
        _try_inverse(start, shift, grid, nearness, effort) for start in (grid - shift, grid - nearest_shift)
    )
    found = (first_near >= 0) | (second_near >= 0)
    origins = torch.where(second_near > first_near, second, first)
    return torch.where(found, origins, grid - shift), found


def _try_inverse(start: Tensor, shift: Tensor, grid: Tensor, nearness: Tensor, effort: Effort) -> tuple[Tensor, Tensor]:
    """Invert from one start; return the positions and how near what they show is, -1 where there is nothing."""
    position, error = _fixed_point(start, shift, grid, effort)
    inside = (position >= -0.5).all(1, True) & (position <= grid.amax((2, 3), True) + 0.5).all(1, True)
    shown = sample(nearness[:, None], position, mode="nearest")
    return position, shown.masked_fill(~(inside & (error < SOLVED)), -1.0)


def _shift_of_nearest(shift: Tensor, nearness: Tensor) -> Tensor:
    """Return the shift (N, 2, H, W) of the nearest thing around each pixel: what might come to cover it."""
    _, indices = functional.max_pool2d(nearness[:, None], REACH, stride=1, padding=REACH // 2, return_indices=True)
    return shift.flatten(2).gather(2, indices.flatten(2).expand(-1, 2, -1)).view_as(shift)


def _fixed_point(position: Tensor, shift: Tensor, grid: Tensor, effort: Effort) -> tuple[Tensor, Tensor]:
    """Solve position + shift(position) = grid; return the position and the remaining error in pixels."""
    for _ in range(effort.coarse):
        position = position - DAMPING * (position + sample(shift, position, mode="nearest") - grid)
    for _ in range(effort.fine):
        position = position - DAMPING * (position + _sample_at_edges(shift, position) - grid)
    return position, length(position + _sample_at_edges(shift, position) - grid)


def _sample_at_edges(shift: Tensor, position: Tensor) -> Tensor:
    """Sample bilinearly, but with the nearest value where bilinear would mix near and far."""
    smooth, sharp = sample(shift, position), sample(shift, position, mode="nearest")
    return torch.where((smooth - sharp).abs().amax(1, True) < EDGE, smooth, sharp)
