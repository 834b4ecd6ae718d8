"""The motion of a chunk: where every pixel of its frames stood in the key frame before, and stands in the next one.

Shape symbols: N = batch, T = frames of a chunk, C = channels, H, W = height and width.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from seg2vid_interface.model_card import Camera
from seg2vid_torch.geometry.camera_motion import pixel_grid
from seg2vid_torch.geometry.driving import CameraMoves, drive
from seg2vid_torch.geometry.filling import stand_ins
from seg2vid_torch.geometry.sampling import bilinear, nearest, taken
from seg2vid_torch.geometry.street_scene import StreetScene, below_horizon
from seg2vid_torch.geometry.tracking import track

SAME_DEPTH, LEAST = 0.2, 1.0  # relative difference of inverse depths of one surface, and pixels on top of it


@dataclass(frozen=True)
class ChunkMotion:
    """How the T frames after a key frame hang together with it; positions are pixels, x and y."""

    places: Tensor
    """(N, T, 2, H, W): where the key frame's pixels stand in frame t."""
    origins: Tensor
    """(N, T, 2, H, W): where frame t's pixels stood in the key frame; of what it does not show, a guess."""
    seen: Tensor
    """(N, T, 1, H, W) bool: whether the key frame shows the pixel."""
    next_places: Tensor
    """(N, T, 2, H, W): where frame t's pixels stand in frame T, the next key frame."""
    next_seen: Tensor
    """(N, T, 1, H, W) bool: whether that shows them."""
    inverse_depth: Tensor
    """(N, T, H, W) of frame t's pixels, see `StreetScene`; where the key frame does not show them, a guess."""
    ground: Tensor
    """(N, T, H, 1), the inverse depth of the ground at each row of frame t; 0 above the horizon."""


@dataclass(frozen=True)
class Filled:
    """What F of the T frames show, also where the key frame does not show it."""

    origins: Tensor
    """(N, F, 2, H, W): where their pixels stood in the key frame, or would have stood behind what hid them."""
    sources: Tensor
    """(N, F, 2, H, W): where in the key frame what they are of was to be seen: of what it does not show, where that did
    which stands for it (see `filling`)."""
    inverse_depth: Tensor
    """(N, F, H, W)."""
    seen: Tensor
    """(N, F, 1, H, W) bool: whether the key frame shows the pixel, or only a crack keeps it from that."""


def chunk_motion(scene: StreetScene, moves: CameraMoves, camera: Camera) -> tuple[ChunkMotion, Filled]:
    """Return the motion of the chunk in which the camera does these moves, and what its last frame shows."""
    places, depths = drive(scene, moves, camera)
    origins, found = track(places, scene.nearness)
    grid = pixel_grid(scene.inverse_depth.shape[1], scene.inverse_depth.shape[2], scene.inverse_depth.device)
    depth, then = nearest(torch.stack([depths, depths[:, -1:].expand_as(depths)], 2), origins).unbind(2)
    ground = below_horizon(scene.inverse_depth, moves.tilt, camera).clamp(min=0)[..., None]
    seen = found & inside(origins)
    last = filled(origins[:, -1:], depth[:, -1:], seen[:, -1:], ground[:, -1:], scene.parts)
    # What the key frame hides comes to the next one as what stands there then has come: at an even pace.
    left = 1 - moves.frames / moves.frames[:, -1:]
    hidden = left[:, :, None, None, None] * (grid - last.origins)
    shift = torch.where(seen[:, :, None], bilinear(places[:, -1:].expand_as(places), origins) - grid, hidden)
    next_places = grid + shift
    next_seen = inside(next_places) & (_shown(next_places, last.inverse_depth[:, :, None], then[:, :, None]) | ~seen)
    motion = ChunkMotion(
        places=places,
        origins=origins,
        seen=torch.cat([seen[:, :-1, None], last.seen], 1),
        next_places=next_places,
        next_seen=next_seen[:, :, None],
        inverse_depth=depth,
        ground=ground,
    )
    return motion, last


def filled(origins: Tensor, inverse_depth: Tensor, seen: Tensor, ground: Tensor, parts: Tensor) -> Filled:
    """Return what F frames show, of what `ChunkMotion` says of them.

    Args:
        origins: (N, F, 2, H, W).
        inverse_depth: (N, F, H, W).
        seen: (N, F, H, W) bool.
        ground: (N, F, H, 1).
        parts: (N, H, W), those of the key frame, see `StreetScene`.
    """
    grid = pixel_grid(origins.shape[3], origins.shape[4], origins.device)
    part = nearest(parts[:, None, None].expand(-1, origins.shape[1], -1, -1, -1), origins)[:, :, 0]
    stand_in, seen = stand_ins(seen, inverse_depth, ground, part)
    known = taken(torch.cat([origins, origins - grid, inverse_depth[:, :, None]], 2), stand_in)
    sources, shift, depth = known.split([2, 2, 1], 2)
    return Filled(grid + shift, sources, depth[:, :, 0], seen[:, :, None])


def _shown(next_places: Tensor, next_depth: Tensor, depth: Tensor) -> Tensor:
    """Say where the next key frame shows what stands at these places in it: (N, T, H, W) bool.

    Args:
        next_places: (N, T, 2, H, W).
        next_depth: (N, 1, 1, H, W), inverse depth of the next key frame.
        depth: (N, T, 1, H, W), that which frame t's pixels have then; less than that is shown is hidden behind it.
    """
    there = nearest(next_depth.expand(-1, next_places.shape[1], -1, -1, -1), next_places)
    return (there <= (1 + SAME_DEPTH) * depth + LEAST)[:, :, 0]


def inside(positions: Tensor) -> Tensor:
    """Say whether positions (N, T, 2, H, W) lie in the picture: (N, T, H, W) bool."""
    height, width = positions.shape[3:]
    x, y = positions.unbind(2)
    return (x > -0.5) & (x < width - 0.5) & (y > -0.5) & (y < height - 0.5)
