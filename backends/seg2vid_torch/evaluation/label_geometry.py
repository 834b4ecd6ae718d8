"""The first frame, moved as a camera sees it that drives through the depth told by its label map.

Nothing is learned: of every later frame four numbers are fitted to the true one, how fast the camera drives and turns,
how far it looks up then, and at first, which sets the horizon.  So it needs the answer, as the true flow does.

Shape symbols: N = windows, H, W = height and width, P = 4 numbers.
"""

import math
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from seg2vid_interface.label_spaces import LabelSpace
from seg2vid_interface.model_card import Camera
from seg2vid_torch.data.path_teacher import moves_at
from seg2vid_torch.evaluation.motion import rounded
from seg2vid_torch.evaluation.predictors import Prediction
from seg2vid_torch.evaluation.truth import Window
from seg2vid_torch.geometry.camera_motion import sample
from seg2vid_torch.geometry.driving import drive, moves_of
from seg2vid_torch.geometry.label_depth import StreetClasses
from seg2vid_torch.geometry.path_numbers import MEAN_SPEED, SPEED, knot_basis, tilted_depth
from seg2vid_torch.geometry.street_scene import StreetScene, first_depth, no_things
from seg2vid_torch.geometry.tracking import track
from seg2vid_torch.training.path_fitting import WIDE, FilmedScenes, fit_path

SPEEDS = (0.0, 0.25, 0.6, 1.2)  # metres a frame, to begin with
TRACKED = 6  # moments, over which pixels are followed to a later frame
AT_ONCE = 32  # windows


class LabelGeometry:
    """See the module."""

    name = "geometry"

    def __init__(self, space: LabelSpace, camera: Camera) -> None:
        """Take the label space of the data; raises SettingsError if it tells no depth."""
        self._classes, self._camera = StreetClasses.of(space), camera

    def predict(self, windows: Sequence[Window]) -> Iterator[Prediction]:
        """See `Predictor`."""
        for first in range(0, len(windows), AT_ONCE):
            yield from self._predict(windows[first : first + AT_ONCE])

    @torch.no_grad()
    def _predict(self, windows: Sequence[Window]) -> Iterator[Prediction]:
        made: list[list[Tensor]] = [[] for _ in windows]
        numbers: Tensor | None = None
        for step in range(1, max(window.steps for window in windows) + 1):
            known = [index for index, window in enumerate(windows) if window.steps >= step]
            scenes = self._scenes([windows[index] for index in known], step)
            if numbers is None:
                numbers = torch.zeros(len(windows), 4)
                numbers[known] = self._begun(scenes)
            else:
                numbers[known] = self._gone_on(scenes, numbers[known])
            for index, picture in zip(known, self._seen(scenes, numbers[known]), strict=True):
                made[index].append(picture)
        for pictures in made:
            yield Prediction(rounded(255 * torch.stack(pictures)))

    def _scenes(self, windows: Sequence[Window], step: int) -> FilmedScenes:
        frames = np.stack([window.clip.frames[[window.start, window.start + step]] for window in windows])
        maps = [window.clip.labels[window.start] for window in windows if window.clip.labels is not None]
        labels = torch.from_numpy(np.stack(maps)).long()
        level, nothing = torch.zeros(len(labels)), torch.zeros_like(labels)
        told = first_depth(labels, nothing, no_things(labels), level, classes=self._classes, camera=self._camera)
        masks = self._classes.masks_of(labels)
        still = ~masks.foreground & ~masks.bonnet
        pictures = torch.from_numpy(frames).float() / 255
        return FilmedScenes(pictures, (step,), told, torch.ones_like(told), still, masks.bonnet)

    def _begun(self, scenes: FilmedScenes) -> Tensor:
        """Return numbers (N, P) for the first step, from the speed to begin with that leads closest."""
        basis, found, errors = knot_basis(scenes.moments, scenes.told.device), [], []
        for speed in SPEEDS:
            numbers = torch.zeros(len(scenes.frames), 4)
            numbers[:, 0] = (speed - MEAN_SPEED) / SPEED
            found.append(fit_path(scenes, self._camera, basis, numbers, factors=(4, 2), rounds=(6, 3), outlier=WIDE))
            errors.append((self._seen(scenes, found[-1]) - scenes.frames[:, 1]).square().flatten(1).mean(1))
        numbers = torch.stack(found)[torch.stack(errors).argmin(0), torch.arange(len(scenes.frames))]
        return fit_path(scenes, self._camera, basis, numbers, factors=(1,), rounds=(3,))

    def _gone_on(self, scenes: FilmedScenes, numbers: Tensor) -> Tensor:
        """Return numbers (N, P) for a step, from those of the one before."""
        basis = knot_basis(scenes.moments, scenes.told.device)
        return fit_path(scenes, self._camera, basis, numbers, factors=(4, 2), rounds=(2, 2))

    def _seen(self, scenes: FilmedScenes, numbers: Tensor) -> Tensor:
        """Return the first frames (N, 3, H, W) as they are seen after paths of these numbers (N, P)."""
        (step,) = scenes.moments
        steps = knot_basis(scenes.moments, numbers.device).steps(numbers)
        depth, zero = tilted_depth(scenes.told, steps[:, 0, 2], self._camera), torch.zeros_like(scenes.told)
        scene = StreetScene(depth, zero, zero, zero, zero > 0, scenes.bonnet)
        every = math.ceil(step / TRACKED)
        moments = [*range(every, step, every), step]
        moves = moves_at(moves_of(steps, self._camera), [moment - 1 for moment in moments])
        origins, _ = track(drive(scene, moves, self._camera)[0], scene.nearness)
        return sample(scenes.frames[:, 0], origins[:, -1])
