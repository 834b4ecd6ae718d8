"""Hints to learn from that are rolled out: what is known of a still after a camera has driven up to it.

The camera is taken back from a labelled still along a path, to where all of it looks smaller, and then drives forward
again from key frame to key frame as in a clip: each is painted from what is known of it, by the painter that learns,
until the last stands where the still does.  What is known of that is the hint, and the still its truth.  So the painter
sees its own earlier work, stretched once more, and learns what it should have become.

Shape symbols: N = stills, T = frames of a chunk, R = chunks, H, W = height and width.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from seg2vid_interface.label_spaces import LabelSpace
from seg2vid_interface.model_card import Camera
from seg2vid_torch.geometry.chunk_motion import chunk_motion
from seg2vid_torch.geometry.driving import CameraMoves, moves_of
from seg2vid_torch.geometry.key_frames import KeyFrame, moved, on_the_ground, painted
from seg2vid_torch.geometry.label_depth import StreetClasses
from seg2vid_torch.geometry.street_scene import first_depth, scene_of

CHUNK_FRAMES = 8
METRES, YAW = (0.1, 0.9), 0.004  # a frame; radians a frame, one standard deviation
NUMBERS = 2
"""Random numbers that a path is made from."""

Paint = Callable[[KeyFrame], tuple[Tensor, Tensor]]
"""What is known of key frames -> their pictures (N, 3, H, W), and the share of each pixel that was painted."""


class HintRoller:
    """Rolls hints out, for a label space with road and sky and a camera, on a device."""

    def __init__(self, label_space: LabelSpace, camera: Camera) -> None:
        self._classes, self._camera = StreetClasses.of(label_space), camera

    @torch.no_grad()
    def __call__(self, frames: Tensor, labels: Tensor, numbers: Tensor, noise: Tensor, paint: Paint) -> KeyFrame:
        """Return what is known of stills after the camera has driven up to them.

        Args:
            frames: (N, 3, H, W) in 0..1.
            labels: (N, H, W) long, class indices.
            numbers: (N, NUMBERS), standard normal.
            noise: (R + 1, N, 4, H, W), standard normal; R says how many chunks the camera drives.
            paint: paints the key frames on the way.
        """
        chunks = len(noise) - 1
        steps = _steps(numbers, chunks)
        things = frames.new_zeros(len(frames), 256, 4)
        nothing = torch.zeros_like(labels)
        depth = first_depth(labels, nothing, things, steps[:, 0, 2], classes=self._classes, camera=self._camera)
        still = KeyFrame(frames, labels, nothing, depth, noise[0], torch.ones_like(frames[:, :1]))
        way = moves_of(torch.cat([steps[:, :1], steps[:, 1:] * chunks], 1), self._camera)
        key = self._driven(still, way.reversed(), noise[0])
        for chunk in range(chunks):
            known = self._driven(key, moves_of(steps, self._camera), noise[chunk + 1])
            if chunk < chunks - 1:
                key = painted(known, *paint(known))
        return known

    def _driven(self, key: KeyFrame, moves: CameraMoves, noise: Tensor) -> KeyFrame:
        things = key.frame.new_zeros(len(key.frame), 256, 4)
        scene = scene_of(
            key.label_map, key.object_map, key.inverse_depth, things, classes=self._classes, camera=self._camera
        )
        known = moved(key, chunk_motion(scene, moves, self._camera), noise)
        return on_the_ground(known, moves.tilt[:, -1], self._classes, self._camera)


def _steps(numbers: Tensor, chunks: int) -> Tensor:
    """Return steps (N, T + 1, 3) of a steady drive, the same in every chunk; the more chunks, the slower."""
    shares = 0.5 * (1 + torch.erf(numbers[:, 0] / 2**0.5))
    low, high = METRES
    forward = (low + (high - low) * shares) * (2 / (1 + chunks)) ** 0.5
    rows = torch.stack([forward, YAW * numbers[:, 1], torch.zeros_like(forward)], 1)
    steps = rows[:, None].repeat(1, CHUNK_FRAMES + 1, 1)
    steps[:, 0, :2] = 0
    return steps
