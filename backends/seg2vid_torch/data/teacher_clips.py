"""Clips made from labelled stills by a moving camera, with exact flow and occlusion: a teacher of motion.

The still is either the first frame of its clip (the camera drives into it) or the last one (the camera has driven up
to it): in the second case the last frame is sharper than anything warped from the first, which teaches the refinement
to sharpen.

Shape symbols: N = clips, T = frames after the first, K = classes, H, W = height and width.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from seg2vid_torch.geometry.camera_motion import CameraPath, Scene, length, pixel_grid, project, sample
from seg2vid_torch.geometry.inversion import invert
from seg2vid_torch.geometry.label_depth import StreetClasses, inverse_depth

STEPS = 5  # of the inversion: more than where speed counts
SAME_PLACE = 0.75  # pixels between a point and itself after going to the other frame and back


@dataclass(frozen=True)
class TeacherClips:
    """What the camera saw."""

    frames: Tensor
    """(N, T + 1, 3, H, W) float32 in 0..1."""
    known: Tensor
    """(N, T + 1, 1, H, W) bool: whether the still shows this pixel (elsewhere the frame is smeared)."""
    labels: Tensor
    """(N, K, H, W): one-hot classes of frame 0."""
    forward_flow: Tensor
    """(N, T, 2, H, W) in pixels, on the grid of frame t: p stood at p - flow(p) in frame 0."""
    backward_flow: Tensor
    """(N, T, 2, H, W) in pixels, on the grid of frame 0: p stands at p - flow(p) in frame t."""
    forward_visible: Tensor
    """(N, T, 1, H, W) bool: the pixel of frame t is seen in frame 0."""
    backward_visible: Tensor
    """(N, T, 1, H, W) bool: the pixel of frame 0 is seen in frame t."""


def drive(
    images: Tensor, labels: Tensor, path: CameraPath, *, still_last: bool, classes: StreetClasses
) -> TeacherClips:
    """Drive the camera through stills.

    Args:
        images: (N, 3, H, W) float32 in 0..1.
        labels: (N, K, H, W) one-hot classes.
        path: its T + 1 pitches set the clips' length.
        still_last: whether the still is the last frame or the first.
        classes: which classes play which part.
    """
    masks = classes.masks(labels)
    scene = Scene(inverse_depth(masks, path.horizon), masks.foreground, masks.bonnet)
    moments = path.pitch.shape[1]
    still = moments - 1 if still_last else 0
    times = torch.arange(-still, moments - still, device=labels.device, dtype=torch.float32)
    places = project(scene, path, times, path.pitch - path.pitch[:, still, None])
    origins, known = invert(places, scene.nearness, STEPS)
    frames = torch.stack([sample(images, origin) for origin in origins.unbind(1)], 1)
    forward = [_flow(places[:, 0], origins[:, 0], origins[:, t]) for t in range(1, moments)]
    backward = [_flow(places[:, t], origins[:, t], origins[:, 0]) for t in range(1, moments)]
    return TeacherClips(
        frames=frames,
        known=known,
        labels=sample(labels, origins[:, 0], mode="nearest"),
        forward_flow=torch.stack([flow for flow, _ in forward], 1),
        backward_flow=torch.stack([flow for flow, _ in backward], 1),
        forward_visible=torch.stack([v & known[:, t] for t, (_, v) in enumerate(forward, 1)], 1),
        backward_visible=torch.stack([v & known[:, 0] for _, v in backward], 1),
    )


def _flow(places_there: Tensor, origins_there: Tensor, origins_here: Tensor) -> tuple[Tensor, Tensor]:
    """Return the flow from "there" on the grid of "here", and whether each pixel of "here" is visible "there"."""
    height, width = places_there.shape[-2:]
    grid = pixel_grid(height, width, places_there.device)[None]
    there = sample(places_there, origins_here)
    back = sample(origins_there, there)
    limits = there.new_tensor([width - 0.5, height - 0.5]).view(2, 1, 1)
    inside = ((there > -0.5) & (there < limits)).all(1, True)
    return grid - there, inside & (length(back - origins_here) < SAME_PLACE)
