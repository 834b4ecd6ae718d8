"""Hints to learn from that are rolled out: what is known of a picture after a camera has driven up to it.

Either the camera is taken back from a labelled still along a path, to where all of it looks smaller, and then drives
forward again from key frame to key frame as in a clip, until it stands where the still does: what is known then is the
hint, and the still its truth.  Or it drives on from a first frame that was painted, to where there is no truth, and
critics alone can say what a picture is like.  The key frames on the way are painted by the painter that learns.  So it
sees its own earlier work, stretched once more, and learns what should have become of it.

Shape symbols: N = stills, T = frames of a chunk, R = chunks, H, W = height and width.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from seg2vid_interface.label_spaces import LabelSpace
from seg2vid_interface.model_card import Camera
from seg2vid_torch.geometry.chunk_motion import chunk_motion
from seg2vid_torch.geometry.driving import CameraMoves, moves_of
from seg2vid_torch.geometry.key_frames import KeyFrame, moved, on_the_ground, painted
from seg2vid_torch.geometry.label_depth import StreetClasses
from seg2vid_torch.geometry.street_scene import first_depth, no_things, scene_of

CHUNK_FRAMES = 8
METRES, YAW = (0.1, 0.9), 0.004  # a frame; radians a frame, one standard deviation
NUMBERS = 2
"""Random numbers that a path is made from."""

Paint = Callable[[KeyFrame], tuple[Tensor, Tensor]]
"""What is known of key frames -> their pictures (N, 3, H, W), and the share of each pixel that was painted."""


class HintRoller:
    """Rolls hints out, for a label space with road and sky and a camera."""

    def __init__(self, label_space: LabelSpace, camera: Camera) -> None:
        self._classes, self._camera = StreetClasses.of(label_space), camera

    @torch.no_grad()
    def up_to(self, frames: Tensor, labels: Tensor, numbers: Tensor, noise: Tensor, paint: Paint) -> KeyFrame:
        """Return what is known of stills after the camera has driven up to them.

        Args:
            frames: (N, 3, H, W) in 0..1.
            labels: (N, H, W) long, class indices.
            numbers: (N, NUMBERS), standard normal.
            noise: (R + 1, N, 4, H, W), standard normal; R says how many chunks the camera drives.
            paint: paints the key frames on the way.
        """
        chunks = len(noise) - 1
        steps = _steps(numbers) * (2 / (1 + chunks)) ** 0.5  # what lies far back would be too small to be seen
        still = self._still(labels, noise[0], frames, 1.0)
        back = moves_of(steps * chunks, self._camera).reversed()
        return self._after(self._driven(still, back, noise[0]), steps, noise[1:], paint)

    @torch.no_grad()
    def on_from(self, labels: Tensor, numbers: Tensor, noise: Tensor, paint: Paint) -> KeyFrame:
        """Return what is known after the camera has driven on from what is painted for label maps; as above."""
        nothing = noise.new_zeros(len(labels), 3, *labels.shape[1:])
        first = self._still(labels, noise[0], nothing, 0.0)
        return self._after(painted(first, *paint(first)), _steps(numbers), noise[1:], paint)

    def _still(self, labels: Tensor, texture: Tensor, frames: Tensor, trust: float) -> KeyFrame:
        nothing, level = torch.zeros_like(labels), texture.new_zeros(len(labels))
        street: dict[str, Any] = {"classes": self._classes, "camera": self._camera}
        depth = first_depth(labels, nothing, no_things(labels), level, **street)
        return KeyFrame(frames, labels, nothing, depth, texture, torch.full_like(frames[:, :1], trust))

    def _after(self, key: KeyFrame, steps: Tensor, noise: Tensor, paint: Paint) -> KeyFrame:
        """Return what is known after as many chunks as there is noise for; all but the last are painted."""
        moves = moves_of(steps, self._camera)
        for texture in noise[:-1]:
            known = self._driven(key, moves, texture)
            key = painted(known, *paint(known))
        return self._driven(key, moves, noise[-1])

    def _driven(self, key: KeyFrame, moves: CameraMoves, noise: Tensor) -> KeyFrame:
        street: dict[str, Any] = {"classes": self._classes, "camera": self._camera}
        things = no_things(key.label_map)
        scene = scene_of(key.label_map, key.object_map, key.inverse_depth, things, **street)
        _, last = chunk_motion(scene, moves, self._camera)
        known = moved(key, last, noise)
        depth = on_the_ground(known.inverse_depth, known.label_map, moves.tilt[:, -1], **street)
        return replace(known, inverse_depth=depth)


def _steps(numbers: Tensor) -> Tensor:
    """Return steps (N, T + 1, 3) of a steady drive."""
    shares = 0.5 * (1 + torch.erf(numbers[:, 0] / 2**0.5))
    low, high = METRES
    rows = torch.stack([low + (high - low) * shares, YAW * numbers[:, 1], torch.zeros_like(shares)], 1)
    steps = rows[:, None].repeat(1, CHUNK_FRAMES + 1, 1)
    steps[:, 0] = 0
    return steps
