"""Key frames: what is carried from one to the next, and what is known of the next before it is painted.

Shape symbols: N = batch, T = frames of a chunk, H, W = height and width.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional

from seg2vid_interface.model_card import Camera
from seg2vid_torch.geometry.camera_motion import length, pixel_grid
from seg2vid_torch.geometry.chunk_motion import Filled
from seg2vid_torch.geometry.label_depth import StreetClasses
from seg2vid_torch.geometry.sampling import cubic, doubled, half_pixel, nearest
from seg2vid_torch.geometry.street_scene import below_horizon

SHRUNK, STRETCHED = 4.0, 0.05  # areas of its origin that a pixel's are kept between
FRESH = 0.6  # of a pixel's origin missing, from where on its texture is all new
WORN = 0.03  # of the trust: by being sampled once
BLACK = 1e-3
EASE = 1.8  # at 1 the next key frame's share grows evenly, and its coming can be seen; above, it has come before
HALF = 0.32  # of the chunk, when its share is half
STANDS = 0.5  # pixels: what moves less is sampled, and so worn, in part
LARGEST = 1e6  # inverse depth: of what touches the lens


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


@dataclass(frozen=True)
class KnownFrame:
    """What is known of the picture of a key frame."""

    hint: Tensor
    """(N, 3, H, W) in 0..1."""
    texture: Tensor
    """(N, 4, H, W), standard normal, white."""
    trust: Tensor
    """(N, 1, H, W) in 0..1: how sharp the hint is; 0 where nothing is known."""


def known_frame(
    frame: Tensor, texture: Tensor, trust: Tensor, *, origin: Tensor, seen: Tensor, noise: Tensor
) -> KnownFrame:
    """Return what is known of the next key frame's picture.

    Args:
        frame: (N, 3, H, W) in 0..1, the key frame.
        texture: (N, 4, H, W), its texture.
        trust: (N, 1, H, W), how sharp it is.
        origin: (N, 2, H, W): where the next key frame's pixels stood in it.
        seen: (N, 1, H, W) of 0 and 1: whether it shows them.
        noise: (N, 4, H, W), standard normal: the texture of what is new.
    """
    moved_texture, moved_trust = (nearest(field[:, None], origin[:, None])[:, 0] for field in (texture, trust))
    magnified = area(origin).clamp(STRETCHED, SHRUNK)
    # A texture that is stretched is white no more: the painter would make blocks of one colour of it.
    fresh = _smoothstep((1 - magnified) / FRESH) * seen + (1 - seen)
    still = pixel_grid(frame.shape[2], frame.shape[3], frame.device)
    worn = WORN * (length(origin - still) / STANDS).clamp(max=1)
    return KnownFrame(
        hint=cubic(frame, origin[:, None])[:, 0],
        texture=moved_texture * (1 - fresh.square()).sqrt() + noise * fresh,
        trust=moved_trust * magnified.sqrt().clamp(max=1) * (1 - worn) * seen,
    )


def moved(key: KeyFrame, last: Filled, noise: Tensor) -> KeyFrame:
    """Return what is known of the next key frame: trust is 0 where that is nothing.

    Args:
        key: the one before.
        last: how the next hangs together with it, F = 1.
        noise: (N, 4, H, W), standard normal: the texture of what is new.
    """
    seen, origin = last.seen[:, 0], last.origins[:, 0]
    known = known_frame(key.frame, key.texture, key.trust, origin=origin, seen=seen.float(), noise=noise)
    numbers = torch.stack([key.label_map, key.object_map], 1)[:, None]
    labels, objects = nearest(numbers, last.sources)[:, 0].unbind(1)
    return KeyFrame(
        frame=known.hint,
        label_map=labels,
        object_map=torch.where(seen[:, 0], objects, 0),
        inverse_depth=last.inverse_depth[:, 0],
        texture=known.texture,
        trust=known.trust,
    )


def on_the_ground(
    inverse_depth: Tensor, label_map: Tensor, tilt: Tensor, *, classes: StreetClasses, camera: Camera
) -> Tensor:
    """Return inverse depth (N, H, W) with the ground where the ground is, which being moved about wears away.

    Whatever the camera drives into grows from chunk to chunk; nothing grows beyond all numbers.

    Args:
        inverse_depth: of a key frame.
        label_map: (N, H, W) long, its class indices.
        tilt: (N,) of the camera upwards, in radians.
        classes: which classes are ground.
        camera: that sees it.
    """
    below = below_horizon(label_map, tilt, camera)[..., None]
    ground = classes.masks_of(label_map).ground & (below > 0)
    return torch.where(ground, below, inverse_depth.clamp(max=LARGEST))


def painted(known: KeyFrame, frame: Tensor, share: Tensor) -> KeyFrame:
    """Return the key frame, painted (N, 3, H, W) by these shares (N, 1, H, W)."""
    return replace(known, frame=frame, trust=painted_trust(known.trust, share))


def painted_trust(trust: Tensor, share: Tensor) -> Tensor:
    """Return the trust (N, 1, H, W) of what was painted by these shares: all that is painted is sharp."""
    return trust + (1 - trust) * share


def area(positions: Tensor) -> Tensor:
    """Return the area (N, 1, H, W) that a pixel covers at its position (N, 2, H, W): below 1 where it is magnified."""
    across = functional.pad(positions[..., 1:] - positions[..., :-1], (0, 1, 0, 0), mode="replicate")
    down = functional.pad(positions[..., 1:, :] - positions[..., :-1, :], (0, 0, 0, 1), mode="replicate")
    return (across[:, :1] * down[:, 1:] - across[:, 1:] * down[:, :1]).abs()


def between(
    frame: Tensor, next_frame: Tensor, *, origins: Tensor, seen: Tensor, next_places: Tensor, next_seen: Tensor
) -> Tensor:
    """Return the chunk's frames (N, T, 3, H, W) in 0..1: from both key frames, at the end the next one itself.

    Args:
        frame: (N, 3, H, W) in 0..1, the key frame before.
        next_frame: (N, 3, H, W) likewise, the one at the end.
        origins: (N, T, 2, H, W), where the frames' pixels stood in the one.
        seen: (N, T, 1, H, W), 0 or 1: whether it shows them.
        next_places: (N, T, 2, H, W), where they stand in the other.
        next_seen: (N, T, 1, H, W), 0 or 1: whether that shows them.
    """
    frames = origins.shape[1]
    left = 1 - torch.arange(1, frames, device=frame.device, dtype=torch.float32).view(1, -1, 1, 1, 1) / frames
    share = 1 - left**EASE
    before = (1 - share) * seen[:, :-1] + BLACK  # where neither shows it, better from there than black
    after = share * next_seen[:, :-1] + BLACK / 1000
    # What has the smaller share may be a little softer.
    half = int(HALF * frames)
    old = torch.cat([cubic(frame, origins[:, :half]), half_pixel(doubled(frame), origins[:, half:-1])], 1)
    new = torch.cat(
        [half_pixel(doubled(next_frame), next_places[:, :half]), cubic(next_frame, next_places[:, half:-1])], 1
    )
    mixed = (old * before + new * after) / (before + after)
    return torch.cat([mixed, next_frame[:, None]], 1)


def _smoothstep(number: Tensor) -> Tensor:
    number = number.clamp(0, 1)
    return number * number * (3 - 2 * number)
