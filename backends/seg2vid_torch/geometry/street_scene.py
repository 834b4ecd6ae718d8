"""A key frame as a scene: how deep each of its pixels is, and what moves by itself.

Shape symbols: N = batch, T = frames of a chunk, H, W = height and width.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from seg2vid_interface.model_card import Camera
from seg2vid_torch.geometry.camera_motion import BONNET_NEARNESS
from seg2vid_torch.geometry.label_depth import StreetClasses, inverse_depth

STREET, THING, BONNET = 0.0, 1.0, 2.0


@dataclass(frozen=True)
class StreetScene:
    """A frame whose depth is known."""

    inverse_depth: Tensor
    """(N, H, W) in pixels: by how much the ground at that distance lies below the horizon; 0 = infinitely far."""
    follows: Tensor
    """(N, H, W) in 0..1: whether it keeps its place relative to the camera."""
    own_forward: Tensor
    """(N, H, W) own motion, in camera heights a frame."""
    own_right: Tensor
    """(N, H, W) likewise."""
    parts: Tensor
    """(N, H, W) float: STREET, THING (moving or not) or BONNET."""
    bonnet: Tensor
    """(N, H, W) bool: the camera's own car, which stays where it is and covers everything."""

    @property
    def nearness(self) -> Tensor:
        """(N, H, W): the larger, the nearer."""
        return self.inverse_depth.masked_fill(self.bonnet, BONNET_NEARNESS)


def first_depth(
    label_map: Tensor,
    object_map: Tensor,
    object_motion: Tensor,
    tilt: Tensor,
    *,
    classes: StreetClasses,
    camera: Camera,
) -> Tensor:
    """Return the inverse depth (N, H, W) that a label map tells, see `StreetScene`.

    Args:
        label_map: (N, H, W) long, class indices.
        object_map: (N, H, W) long, numbers of things; 0 = none.
        object_motion: (N, 256, 4), see `seg2vid_interface.clips.ClipRequest.object_motion`.
        tilt: (N,) of the camera upwards, in radians.
        classes: which classes play which part.
        camera: that sees it.
    """
    horizon = camera.horizon * label_map.shape[1] + focal_length(label_map, camera) * tilt.tan()
    known = _own_depth(_looked_up(object_motion, object_map), camera)
    depth = inverse_depth(classes.masks_of(label_map), horizon, moves=known > 0)
    return torch.where(known > 0, known, depth)


def scene_of(
    label_map: Tensor,
    object_map: Tensor,
    depth: Tensor,
    object_motion: Tensor,
    *,
    classes: StreetClasses,
    camera: Camera,
) -> StreetScene:
    """Return the scene of a key frame whose inverse depth (N, H, W) is known, but for what has its own; as above."""
    masks = classes.masks_of(label_map)
    things = _looked_up(object_motion, object_map)
    known = _own_depth(things, camera)
    return StreetScene(
        inverse_depth=torch.where(known > 0, known, depth),
        follows=things[..., 1],
        own_forward=things[..., 2] / camera.height,
        own_right=things[..., 3] / camera.height,
        parts=torch.where(masks.bonnet, BONNET, (masks.foreground | (known > 0)).float()),
        bonnet=masks.bonnet,
    )


def focal_length(like: Tensor, camera: Camera) -> float:
    """Return the focal length in pixels of a picture of the last two sides of `like`."""
    return camera.focal_length * like.shape[-1]


def _own_depth(things: Tensor, camera: Camera) -> Tensor:
    """Return the inverse depth in pixels of things that have their own, else 0, from their rows (N, H, W, 4)."""
    return things[..., 0] * (focal_length(things[..., 0], camera) * camera.height)


def _looked_up(table: Tensor, numbers: Tensor) -> Tensor:
    """Return the rows (N, H, W, 4) of the tables (N, 256, 4) that the numbers (N, H, W) name."""
    first = torch.arange(table.shape[0], device=table.device).view(-1, 1, 1) * table.shape[1]
    return table.flatten(0, 1)[numbers + first]
