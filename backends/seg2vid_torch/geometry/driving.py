"""Driving through a scene: where every pixel of a key frame stands in the frames after it.

A camera that stands level sees a point X to its right, Y below it and Z ahead of it, in camera heights, at x = F X / Z
and y = F Y / Z from its principal point; with the inverse depth d = F / Z the point is (x, y, F) / d.  So the camera
may move by (x, y, F) - d * (distance) without any division by d, and what is infinitely far needs no case of its own.

All positions are pixels, x to the right and y down.

Shape symbols: N = batch, M = moments, T = frames of a chunk, H, W = height and width.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from seg2vid_interface.model_card import Camera
from seg2vid_torch.geometry.camera_motion import pixel_grid
from seg2vid_torch.geometry.street_scene import StreetScene

NEAREST = 0.2  # smallest depth relative to the key frame's: what would pass the camera stays in front of it


@dataclass(frozen=True)
class CameraMoves:
    """Where the camera stands at M moments, relative to the key frame."""

    ahead: Tensor
    """(N, M) camera heights."""
    right: Tensor
    """(N, M) camera heights."""
    heading: Tensor
    """(N, M) radians to the right."""
    key_tilt: Tensor
    """(N,) radians upwards, at the key frame."""
    tilt: Tensor
    """(N, M) radians upwards."""
    frames: Tensor
    """(N, M) frames since the key frame."""

    def reversed(self) -> "CameraMoves":
        """Return the way back from the last moment: to those before it, and to the key frame."""
        start = [torch.zeros_like(x[:, :1]) for x in (self.ahead, self.right, self.heading, self.frames)]
        ahead, right, heading, frames = (
            torch.cat([first, x], 1).flip(1)
            for first, x in zip(start, (self.ahead, self.right, self.heading, self.frames), strict=True)
        )
        tilt = torch.cat([self.key_tilt[:, None], self.tilt], 1).flip(1)
        ahead, right = ahead - ahead[:, :1], right - right[:, :1]
        sine, cosine = heading[:, :1].sin(), heading[:, :1].cos()
        return CameraMoves(
            ahead=(ahead * cosine + right * sine)[:, 1:],
            right=(right * cosine - ahead * sine)[:, 1:],
            heading=(heading - heading[:, :1])[:, 1:],
            key_tilt=tilt[:, 0],
            tilt=tilt[:, 1:],
            frames=(frames - frames[:, :1])[:, 1:],
        )


def moves_of(steps: Tensor, camera: Camera) -> CameraMoves:
    """Return where the camera stands after its steps (N, T + 1, 3), see `seg2vid_interface.clips.ClipRequest`."""
    forward, turned = steps[:, 1:, 0] / camera.height, steps[:, 1:, 1]
    heading = turned.cumsum(1)
    middle = heading - turned / 2
    frames = torch.ones_like(forward).cumsum(1)
    return CameraMoves(
        ahead=(forward * middle.cos()).cumsum(1),
        right=(forward * middle.sin()).cumsum(1),
        heading=heading,
        key_tilt=steps[:, 0, 2],
        tilt=steps[:, 1:, 2],
        frames=frames,
    )


def drive(scene: StreetScene, moves: CameraMoves, camera: Camera) -> tuple[Tensor, Tensor]:
    """Return places (N, M, 2, H, W) of the scene's pixels in pixels, and their inverse depth (N, M, H, W) there."""
    height, width = scene.inverse_depth.shape[1:]
    focal = camera.focal_length * width
    grid = pixel_grid(height, width, scene.inverse_depth.device)
    middle, horizon = (width - 1) / 2, camera.horizon * height
    x, y = _levelled(grid[0] - middle, grid[1] - horizon, moves.key_tilt.view(-1, 1, 1, 1), focal)
    depth = scene.inverse_depth[:, None]
    drives = 1 - scene.follows[:, None]
    frames = _spread(moves.frames)
    right = drives * _spread(moves.right) - frames * scene.own_right[:, None]
    ahead = drives * _spread(moves.ahead) - frames * scene.own_forward[:, None]
    x, z = x - right * depth, (focal - ahead * depth).clamp(min=NEAREST * focal)
    # What follows does not turn; so there are no sines of every pixel to be told.
    sine, cosine = drives * _spread(moves.heading.sin()), 1 + drives * _spread(moves.heading.cos() - 1)
    x, z = x * cosine - z * sine, (x * sine + z * cosine).clamp(min=NEAREST * focal)
    scale = focal / z
    x, y = _tilted(x * scale, y * scale, _spread(moves.tilt), focal)
    places = torch.stack([x + middle, y + horizon], 2)
    bonnet = scene.bonnet[:, None]
    return torch.where(bonnet[:, :, None], grid, places), torch.where(bonnet, depth, depth * scale)


def _spread(numbers: Tensor) -> Tensor:
    """Return numbers (N, M) as (N, M, 1, 1)."""
    return numbers[:, :, None, None]


def _levelled(x: Tensor, y: Tensor, tilt: Tensor, focal: float) -> tuple[Tensor, Tensor]:
    """Return where a camera that stood level would see what a tilted one sees at x, y."""
    sine, cosine = tilt.sin(), tilt.cos()
    scale = focal / (y * sine + focal * cosine)
    return x * scale, (y * cosine - focal * sine) * scale


def _tilted(x: Tensor, y: Tensor, tilt: Tensor, focal: float) -> tuple[Tensor, Tensor]:
    """Return where a tilted camera sees what one that stands level sees at x, y."""
    sine, cosine = tilt.sin(), tilt.cos()
    scale = focal / (focal * cosine - y * sine)
    return x * scale, (y * cosine + focal * sine) * scale
