"""What is asked of a session and what it yields.

Shape symbols: H, W = the session's height and width; T = frames of one chunk; K = classes of the label space; S = the
model card's `image_scale`.
All arrays are NumPy and C-contiguous; pictures are RGB; coordinates are pixels, x to the right and y down.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Field = Literal["labels", "flow", "occlusion", "depth", "objects"]
"""A field that a session computes beside the frames, when asked; the last two only of a model with a `camera`."""


@dataclass(frozen=True)
class ClipRequest:
    """One clip to be made."""

    label_map: NDArray[np.uint8] | None
    """(H, W), class indices in 0..K-1; None only for a model without labels."""
    first_frame: NDArray[np.uint8] | None
    """(H, W, 3) RGB; None lets the image stage make it from the label map."""
    latent: NDArray[np.float32]
    """(Session.latent_size,), standard normal: the motion code, the same for every chunk of the clip."""
    style: NDArray[np.float32]
    """(Session.style_size,), standard normal: light and colours of the first frame."""
    chunk_noise: Callable[[int], NDArray[np.float32]]
    """Chunk number (0, 1, ...) -> `ModelCard.noise_shape`, standard normal: fills what was occluded in the chunk's
    input frame."""
    frames: int
    """Length of the clip, at least 1; the first frame counts."""
    fields: frozenset[Field] = frozenset()
    """What is wanted beside the frames."""
    image_label_map: NDArray[np.uint8] | None = None
    """(S H, S W), class indices of `ModelCard.image_labels`: what the image stage sees if it `sees_own_labels`; not
    needed where the first frame is given."""
    edges: NDArray[np.bool_] | None = None
    """(S H, S W), where pixels of two instances meet, if the model has `instance_edges`; needed likewise."""
    texture: NDArray[np.float32] | None = None
    """(4, S H, S W), standard normal, if the model has `texture`: the grain of the first frame; needed likewise."""
    hint: NDArray[np.uint8] | None = None
    """(S H, S W, 3) RGB: what is known of the first frame, for a model with `hints`; None = nothing."""
    trust: NDArray[np.float32] | None = None
    """(S H, S W) in 0..1, given with a hint: how sharp it is. 1 = kept, 0.5 = as if magnified twice, 0 = unknown."""

    camera: Callable[[int], NDArray[np.float32]] | None = None
    """Chunk number -> (T + 1, 3), for a model with a `camera`: at the chunk's reference frame and its T frames, metres
    driven forward and radians turned to the right since the frame before (0 at the reference frame), and the camera's
    tilt upwards in radians."""
    object_map: NDArray[np.uint8] | None = None
    """(H, W), for a model with a `camera`: number of the thing that a pixel belongs to, or moves with; 0 = none."""
    object_motion: Callable[[int], NDArray[np.float32]] | None = None
    """Chunk number -> (256, 4), given with the former: of thing 0, 1, ... at the chunk's reference frame, 1 / distance
    in 1/m (0 = as deep as the street around it), whether it keeps its place relative to the camera (1 or 0), and the
    metres that it moves forward and to the right from frame to frame, as the camera looks then; row 0 is 0."""


@dataclass(frozen=True)
class Chunk:
    """Consecutive frames of one clip, with their fields.

    The first chunk holds the first frame alone (zero flow, everything visible, the request's labels); every later
    chunk holds up to T frames, predicted from its *reference frame*: the last frame of the chunk before.  A field
    that was not asked for is None.
    """

    start: int
    """Index of the chunk's first frame in the clip; the reference frame of a predicted chunk is `start - 1`."""
    frames: NDArray[np.uint8]
    """(n, H, W, 3) RGB."""
    forward_flow: NDArray[np.float32] | None = None
    """(n, H, W, 2) x, y in pixels, on the grid of frame t: its pixel p shows what stood at p - flow(p) in the
    reference frame."""
    backward_flow: NDArray[np.float32] | None = None
    """(n, H, W, 2) x, y in pixels, on the grid of the reference frame: its pixel p stands at p - flow(p) in frame t."""
    occlusion: NDArray[np.float32] | None = None
    """(n, H, W) in 0..1: 1 = pixel p of frame t is visible in the reference frame."""
    labels: NDArray[np.uint8] | None = None
    """(n, H, W) class indices in 0..K-1."""
    depth: NDArray[np.float32] | None = None
    """(n, H, W) metres ahead of the camera; the sky, infinitely far, has inf."""
    objects: NDArray[np.uint8] | None = None
    """(n, H, W) numbers of things, as in `ClipRequest.object_map`, where they are seen: on foreground classes alone,
    for the ground that moves with a thing is no part of it."""
