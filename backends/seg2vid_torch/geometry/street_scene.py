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
    horizon = horizon_row(label_map.shape[1], label_map.shape[2], tilt, camera)
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


def no_things(labels: Tensor) -> Tensor:
    """Return the table (N, 1, 4) of motions for label maps (N, H, W) in which nothing is told apart."""
    return torch.zeros(len(labels), 1, 4, device=labels.device)


def horizon_row(height: int, width: int, tilt: Tensor, camera: Camera) -> Tensor:
    """Return the row of the horizon in a picture of this height and width, for every tilt upwards in radians."""
    return camera.horizon * height + camera.focal_length * width * tilt.tan()


def below_horizon(like: Tensor, tilt: Tensor, camera: Camera) -> Tensor:
    """Return how far each row of a picture lies below the horizon: the inverse depth of the ground there.

    Above the horizon it is less than 0.

    Args:
        like: (..., H, W), says the size of the picture.
        tilt: (N, ...) of the camera upwards, in radians.
        camera: that sees it.

    Returns:
        (N, ..., H).
    """
    height, width = like.shape[-2:]
    rows = torch.arange(height, device=tilt.device, dtype=torch.float32)
    return rows - horizon_row(height, width, tilt, camera)[..., None]


def _own_depth(things: Tensor, camera: Camera) -> Tensor:
    """Return the inverse depth in pixels of things that have their own, else 0, from their rows (N, H, W, 4)."""
    return things[..., 0] * (camera.focal_length * things.shape[2] * camera.height)


def _looked_up(table: Tensor, numbers: Tensor) -> Tensor:
    """Return the rows (N, H, W, 4) of the tables (N, 256, 4) that the numbers (N, H, W) name."""
    first = torch.arange(table.shape[0], device=table.device).view(-1, 1, 1) * table.shape[1]
    return table.flatten(0, 1)[numbers + first]
