"""Key frames: what is carried from one to the next, and what is known of the next before it is painted.

Shape symbols: N = batch, T = frames of a chunk, H, W = height and width.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional

from seg2vid_interface.model_card import Camera
from seg2vid_torch.geometry.camera_motion import length, pixel_grid
from seg2vid_torch.geometry.chunk_motion import ChunkMotion
from seg2vid_torch.geometry.label_depth import StreetClasses
from seg2vid_torch.geometry.sampling import cubic, nearest, taken

SHRUNK, STRETCHED = 4.0, 0.05  # areas of its origin that a pixel's are kept between
FRESH = 0.6  # of a pixel's origin missing, from where on its texture is all new
WORN = 0.03  # of the trust: by being sampled once
STANDS = 0.5  # pixels: what moves less is sampled, and so worn, in part


@dataclass(frozen=True)
class KeyFrame:
    """A key frame, or what is known of one that is to be painted."""

    frame: Tensor
    """(N, 3, H, W) in 0..1."""
    label_map: Tensor
    """(N, H, W) long: class indices."""
    object_map: Tensor
    """(N, H, W) long: numbers of things; 0 = none."""
    inverse_depth: Tensor
    """(N, H, W), see `StreetScene`; what has its own in the table of things is not looked up here."""
    texture: Tensor
    """(N, 4, H, W), standard normal, white."""
    trust: Tensor
    """(N, 1, H, W) in 0..1: how sharp the frame is."""


def moved(key: KeyFrame, motion: ChunkMotion, noise: Tensor) -> KeyFrame:
    """Return what is known of the next key frame: trust is 0 where that is nothing.

    Args:
        key: the one before.
        motion: from that to the next.
        noise: (N, 4, H, W), standard normal: the texture of what is new.
    """
    origin, seen = motion.origins[:, -1:], motion.seen[:, -1].float()
    texture, trust = (nearest(field[:, None], origin)[:, 0] for field in (key.texture, key.trust))
    magnified = area(origin[:, 0]).clamp(STRETCHED, SHRUNK)
    # A texture that is stretched is white no more: the painter would make blocks of one colour of it.
    fresh = _smoothstep((1 - magnified) / FRESH) * seen + (1 - seen)
    still = pixel_grid(seen.shape[2], seen.shape[3], seen.device)
    worn = WORN * (length(origin[:, 0] - still) / STANDS).clamp(max=1)
    stand_in = taken(motion.origins, motion.stand_in)[:, -1:]
    numbers = torch.stack([key.label_map, key.object_map], 1).to(origin.dtype)[:, None]
    labels, objects = nearest(numbers, stand_in)[:, 0].long().unbind(1)
    return KeyFrame(
        frame=cubic(key.frame[:, None], origin)[:, 0].clamp(0, 1),
        label_map=labels,
        object_map=torch.where(motion.seen[:, -1, 0], objects, 0),
        inverse_depth=motion.inverse_depth[:, -1],
        texture=texture * (1 - fresh.square()).sqrt() + noise * fresh,
        trust=trust * magnified.sqrt().clamp(max=1) * (1 - worn) * seen,
    )


def on_the_ground(key: KeyFrame, tilt: Tensor, classes: StreetClasses, camera: Camera) -> KeyFrame:
    """Return the key frame with its ground where the ground is, which being moved about wears away.

    Args:
        key: the key frame.
        tilt: (N,) of the camera upwards, in radians.
        classes: which classes are ground.
        camera: that sees it.
    """
    height, width = key.label_map.shape[1:]
    horizon = camera.horizon * height + camera.focal_length * width * tilt.tan()
    below = torch.arange(height, device=tilt.device, dtype=torch.float32).view(1, -1, 1) - horizon.view(-1, 1, 1)
    ground = classes.masks_of(key.label_map).ground & (below > 0)
    return replace(key, inverse_depth=torch.where(ground, below, key.inverse_depth))


def painted(known: KeyFrame, frame: Tensor, share: Tensor) -> KeyFrame:
    """Return the key frame, painted (N, 3, H, W) by these shares (N, 1, H, W): what is painted is sharp."""
    return replace(known, frame=frame, trust=known.trust + (1 - known.trust) * share)


def area(positions: Tensor) -> Tensor:
    """Return the area (N, 1, H, W) that a pixel covers at its position (N, 2, H, W): below 1 where it is magnified."""
    across = functional.pad(positions[..., 1:] - positions[..., :-1], (0, 1, 0, 0), mode="replicate")
    down = functional.pad(positions[..., 1:, :] - positions[..., :-1, :], (0, 0, 0, 1), mode="replicate")
    return (across[:, :1] * down[:, 1:] - across[:, 1:] * down[:, :1]).abs()


def between(key: KeyFrame, next_frame: Tensor, motion: ChunkMotion) -> Tensor:
    """Return the chunk's frames (N, T, 3, H, W) in 0..1: from both key frames, at the end the next one itself."""
    frames = motion.origins.shape[1]
    share = torch.arange(1, frames + 1, device=next_frame.device, dtype=torch.float32).view(1, -1, 1, 1, 1) / frames
    before = (1 - share) * motion.seen + 1e-3  # from the frame before where none shows it: better than black
    after = share * motion.next_seen + 1e-6
    old, new = (
        cubic(picture[:, None].expand(-1, frames, -1, -1, -1), positions).clamp(0, 1)
        for picture, positions in ((key.frame, motion.origins), (next_frame, motion.next_places))
    )
    mixed = (old * before + new * after) / (before + after)
    return torch.cat([mixed[:, :-1], next_frame[:, None]], 1)


def _smoothstep(number: Tensor) -> Tensor:
    number = number.clamp(0, 1)
    return number * number * (3 - 2 * number)
