"""A camera that drives through a still: where every pixel goes.

All positions are pixels, x to the right and y down.

Shape symbols: N = batch, T = frames of a clip, M = moments, H, W = height and width.
"""

from dataclasses import dataclass, fields

import torch
from torch import Tensor
from torch.nn import functional

FOCAL_LENGTH = 1.1  # of the picture's width; that of Cityscapes' cameras
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
    x, y = torch.arange(width, device=device), torch.arange(height, device=device)[:, None]
    return torch.stack([x.expand(height, width), y.expand(height, width)]).float()


def project(scene: Scene, path: CameraPath, moments: Tensor, pitch: Tensor) -> Tensor:
    """Return (N, M, 2, H, W): where each pixel of the still stands at M moments.

    Args:
        scene: the still.
        path: how the camera moves.
        moments: (M,) frames after the still (before it if negative).
        pitch: (N, M) nod relative to the still, in radians.
    """
    _, height, width = scene.depth.shape
    focal = FOCAL_LENGTH * width
    grid = pixel_grid(height, width, scene.depth.device)
    time = moments.view(-1, 1, 1)
    depth, own = scene.depth[:, None], scene.foreground.float()[:, None]
    x, y = grid[0] - (width - 1) / 2, grid[1] - _per_clip(path.horizon)
    # What stands in our own lane drives ahead of us; elsewhere the foreground has its own speed.
    sideways = x.abs() / depth.clamp(min=1e-3)
    ahead = own * ((LANE_END - sideways) / (LANE_END - LANE)).clamp(0, 1)
    approach = (1 - ahead) * (_per_clip(path.speed) - own * _per_clip(path.foreground_speed))
    drift = own * _per_clip(path.foreground_drift) * depth
    scale = 1 / (1 - time * (approach * depth / focal)).clamp(min=NEAREST)
    x, y = (x + time * drift) * scale, y * scale
    # Small rotations: Longuet-Higgins and Prazdny (1980), Eq. 2.12.
    turn, nod = -_per_clip(path.yaw) * time, pitch[:, :, None, None]
    x, y = (
        x + turn * focal * (1 + (x / focal) ** 2) + nod * x * y / focal,
        y + turn * x * y / focal + nod * focal * (1 + (y / focal) ** 2),
    )
    places = torch.stack([x + (width - 1) / 2, y + _per_clip(path.horizon)], 2)
    return torch.where(scene.bonnet[:, None, None], grid, places)


def _per_clip(numbers: Tensor) -> Tensor:
    return numbers.view(-1, 1, 1, 1)


def sample(field: Tensor, positions: Tensor, *, mode: str = "bilinear") -> Tensor:
    """Sample `field` (N, C, H, W) at positions (N, 2, H', W') in pixels; outside, the border's value."""
    height, width = field.shape[-2:]
    scale = vector(2 / (width - 1), 2 / (height - 1), positions.device)
    grid = (positions * scale - 1).permute(0, 2, 3, 1)
    return functional.grid_sample(field, grid, mode=mode, padding_mode="border", align_corners=True)


def vector(x: float, y: float, device: torch.device) -> Tensor:
    """Return x and y as (2, 1, 1) float32; unlike `torch.tensor` it lets an export keep what depends on the size."""
    parts = [torch.scalar_tensor(value, dtype=torch.float32, device=device) for value in (x, y)]
    return torch.stack(parts).view(2, 1, 1)


def length(vectors: Tensor) -> Tensor:
    """Return the Euclidean length (N, 1, H, W) of vectors (N, 2, H, W); `Tensor.norm` is many times slower here."""
    return (vectors[:, :1].square() + vectors[:, 1:].square()).sqrt()
