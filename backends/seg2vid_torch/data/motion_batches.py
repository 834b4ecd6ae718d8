"""Batches of the motion stage: real windows of consecutive frames, and the teacher's clips.

Shape symbols: R = real clips, F = their frames, H, W = height and width.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from seg2vid_interface.errors import DatasetError
from seg2vid_interface.label_spaces import LabelSpace
from seg2vid_torch.data.batches import flip_some, numpy_generator, pictures
from seg2vid_torch.data.camera_motion import draw_path
from seg2vid_torch.data.frame_store import FrameStore
from seg2vid_torch.data.label_depth import StreetClasses
from seg2vid_torch.data.teacher_clips import TeacherClips, drive


@dataclass(frozen=True)
class RealClips:
    """Windows of real clips."""

    frames: Tensor
    """(R, F, 3, H, W) float32 in 0..1."""
    labels: Tensor
    """(R, F, H, W) long: class indices of every frame."""


class RealClipSource:
    """Draws windows of consecutive frames from real clips."""

    def __init__(self, store: FrameStore, longest: int, seed: int, device: torch.device) -> None:
        """Take a store; raises DatasetError if no clip has the `longest` window that will be drawn."""
        if not store.windows(longest):
            raise DatasetError(f"--data: no clip has the {longest} consecutive frames that training needs")
        self._store, self._seed, self._device = store, seed, device

    def draw(self, step: int, clips: int, frames: int) -> RealClips:
        """Draw `clips` windows of `frames` frames, some of them mirrored."""
        windows = self._store.windows(frames)
        generator = numpy_generator(self._seed, step, "real clips")
        starts = torch.tensor([windows[i] for i in generator.integers(len(windows), size=clips)])
        chosen = starts[:, None] + torch.arange(frames)
        flipped = torch.from_numpy(generator.random(clips) < 0.5)
        labels = self._store.labels[chosen].to(self._device).long()
        images, labels = flip_some([pictures(self._store.images[chosen], self._device), labels], flipped)
        return RealClips(images, labels)


class TeacherClipSource:
    """Draws stills and drives a camera through them."""

    def __init__(
        self, stills: FrameStore, label_space: LabelSpace, top_speed: float, seed: int, device: torch.device
    ) -> None:
        self._stills, self._top_speed, self._seed, self._device = stills, top_speed, seed, device
        self._classes = StreetClasses.of(label_space)
        self._foreground = torch.tensor([c.foreground for c in label_space.classes], device=device)

    @torch.no_grad()
    def draw(self, step: int, clips: int, frames: int) -> TeacherClips:
        """Draw `clips` clips of `frames` frames; in every other step the still is the last frame."""
        generator = numpy_generator(self._seed, step, "teacher clips")
        chosen = torch.from_numpy(generator.integers(len(self._stills), size=clips))
        flipped = torch.from_numpy(generator.random(clips) < 0.5)
        labels = self._stills.labels[chosen].to(self._device).long()
        images, labels = flip_some([pictures(self._stills.images[chosen], self._device), labels], flipped)
        path = draw_path(generator, clips, frames, labels.shape[1], self._top_speed).to(self._device)
        return drive(images, labels, path, still_last=step % 2 == 1, classes=self._classes, foreground=self._foreground)
