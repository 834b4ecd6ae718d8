"""Batches of the motion stage: real windows of consecutive frames, and the teacher's clips.

Shape symbols: N = clips, F = their frames, C = image channels, H, W = height and width, R, L = rows of a latent and
their length.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from seg2vid_interface.errors import DatasetError
from seg2vid_interface.label_spaces import LabelSpace
from seg2vid_torch.data.batches import flip_some, numpy_generator, one_hot, pictures
from seg2vid_torch.data.frame_store import FrameStore
from seg2vid_torch.data.shares import WHOLE, SampleDraws, Share
from seg2vid_torch.data.teacher_clips import TeacherClips, drive
from seg2vid_torch.geometry.camera_code import camera_code, path_of_code
from seg2vid_torch.geometry.label_depth import StreetClasses
from seg2vid_torch.networks.img2vid.img2vid import Img2Vid

PITCH = 0.0008  # radians: one standard deviation of the camera's nods
HORIZON = (0.42, 0.46)  # of the height, in Cityscapes' clips


@dataclass(frozen=True)
class RealClips:
    """Windows of real clips."""

    frames: Tensor
    """(N, F, C, H, W) float32 in 0..1."""
    labels: Tensor
    """(N, F, H, W) long: class indices of every frame; zeros where there are no labels."""


@dataclass(frozen=True)
class TaughtClips:
    """The teacher's clips with the latents they follow from."""

    clips: TeacherClips
    latent: Tensor
    """(N, R, L), standard normal."""


class RealClipSource:
    """Draws windows of consecutive frames from real clips."""

    def __init__(self, frames_at: Callable[[int], FrameStore], longest: int, seed: int, device: torch.device) -> None:
        """Take what gives the frames of a step; raises DatasetError if they have not the `longest` window."""
        self._frames_at, self._longest, self._seed, self._device = frames_at, longest, seed, device
        self._store: FrameStore | None = None
        self._windows: dict[int, list[int]] = {}  # by length; in a large dataset they take time to list
        self._take(frames_at(0))

    def _take(self, store: FrameStore) -> FrameStore:
        """Return the store; one that was not met yet is looked through for windows."""
        if store is not self._store:
            self._store, self._windows = store, {self._longest: store.windows(self._longest)}
            if not self._windows[self._longest]:
                raise DatasetError(f"--data: no clip has the {self._longest} consecutive frames that training needs")
        return store

    def draw(self, step: int, clips: int, frames: int, share: Share = WHOLE) -> RealClips:
        """Draw `clips` windows of `frames` frames, some of them mirrored, and return those of a share."""
        store = self._take(self._frames_at(step))
        if frames not in self._windows:
            self._windows[frames] = store.windows(frames)
        windows = self._windows[frames]
        draws = SampleDraws(numpy_generator(self._seed, step, "real clips"), clips, share)
        starts = torch.tensor([windows[i] for i in draws.integers(len(windows)).tolist()])
        chosen = starts[:, None] + torch.arange(frames)
        flipped = draws.even() < 0.5
        labels = store.labels[chosen].to(self._device).long()
        images, labels = flip_some([pictures(store.images[chosen], self._device), labels], flipped)
        return RealClips(images, labels)


class TeacherClipSource:
    """Draws stills and drives a camera through them."""

    def __init__(self, stills: FrameStore, label_space: LabelSpace, seed: int, device: torch.device) -> None:
        self._stills, self._label_space, self._seed, self._device = stills, label_space, seed, device
        self._classes = StreetClasses.of(label_space)

    @torch.no_grad()
    def draw(self, step: int, clips: int, frames: int, network: Img2Vid, *, share: Share = WHOLE) -> TaughtClips:
        """Draw `clips` clips of `frames` frames for a network, and return those of a share.

        In every other step the still is the last frame.
        """
        draws = SampleDraws(numpy_generator(self._seed, step, "teacher clips"), clips, share)
        chosen = draws.integers(len(self._stills))
        flipped = draws.even() < 0.5
        labels = self._stills.labels[chosen].to(self._device).long()
        images, labels = flip_some([pictures(self._stills.images[chosen], self._device), labels], flipped)
        height, width = labels.shape[1:]
        latent = draws.normal(network.latent_size(height, width) // network.row, network.row)
        code = camera_code(latent, network.foreground_column)
        horizon = draws.uniform(*HORIZON).float() * height
        path = path_of_code(code, horizon=horizon, pitch=PITCH * draws.normal(frames))
        one_hot_labels = one_hot(labels, self._label_space.size)
        made = drive(images, one_hot_labels, path.to(self._device), still_last=step % 2 == 1, classes=self._classes)
        return TaughtClips(made, latent.to(self._device))
