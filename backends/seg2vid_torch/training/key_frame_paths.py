"""The paths of real clips: begun from what the encoder reads, and fitted anew whenever a window is drawn.

Shape symbols: S = windows of a dataset, N = windows of a batch, M = moments, P = numbers of a path, H, W = height and
width.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from seg2vid_interface.errors import DatasetError
from seg2vid_interface.model_card import Camera
from seg2vid_torch.data.batches import pictures
from seg2vid_torch.data.division import Divided, undivided
from seg2vid_torch.data.frame_store import FrameStore
from seg2vid_torch.data.real_flow import RealFlow, flow_of_windows
from seg2vid_torch.geometry.camera_motion import pixel_grid
from seg2vid_torch.geometry.label_depth import StreetClasses
from seg2vid_torch.geometry.path_numbers import knot_basis, path_basis
from seg2vid_torch.geometry.street_scene import first_depth, no_things
from seg2vid_torch.networks.key_frames.key_frame_motion import KeyFrameMotion
from seg2vid_torch.training.path_fitting import FilmedScenes, find_path, fit_path


@dataclass(frozen=True)
class DrawnWindows:
    """Windows of real clips."""

    scenes: FilmedScenes
    """Corrected by nothing."""
    labels: Tensor
    """(N, H, W) long, class indices of the first frames."""
    flow: Tensor
    """(N, M, 2, H, W) in pixels."""
    seen: Tensor
    """(N, M, H, W) bool: whether that is to be believed."""

    @property
    def places(self) -> Tensor:
        """(N, M, 2, H, W): where the flow says that the first frames' pixels stand."""
        return self.flow + pixel_grid(self.labels.shape[1], self.labels.shape[2], self.flow.device)


class RealWindows:
    """All windows of a dataset's clips."""

    def __init__(
        self,
        store: FrameStore,
        classes: StreetClasses,
        camera: Camera,
        frames: int,
        *,
        divided: Divided = undivided,
    ) -> None:
        """Compute their optical flow; `frames` = those of a chunk, of which a window has two; work may be `divided`.

        Raises:
            DatasetError: no clip is as long.
            BackendError: OpenCV is not installed.
        """
        middle = frames // 2
        self.moments = tuple(sorted({1, max(1, middle // 2), middle, frames, frames + middle, 2 * frames}))
        self.starts = store.windows(2 * frames + 1)
        if not self.starts:
            raise DatasetError(f"--data: no clip has the {2 * frames + 1} consecutive frames that training needs")
        self._store, self._classes, self._camera, self._frames = store, classes, camera, frames
        self._flow: RealFlow = flow_of_windows(store, self.starts, self.moments, divided)

    def draw(self, chosen: Tensor, device: torch.device) -> DrawnWindows:
        """Return the windows of these numbers (N,)."""
        first = torch.tensor(self.starts)[chosen]
        frames = pictures(self._store.images[first[:, None] + torch.tensor([0, *self.moments])], device)
        labels = self._store.labels[first].to(device).long()
        masks = self._classes.masks_of(labels)
        nothing, level = torch.zeros_like(labels), torch.zeros(len(labels), device=device)
        street: dict[str, Any] = {"classes": self._classes, "camera": self._camera}
        told = first_depth(labels, nothing, no_things(labels), level, **street)
        still = ~masks.foreground & ~masks.bonnet
        scenes = FilmedScenes(frames, self.moments, told, torch.ones_like(told), still, masks.bonnet)
        flow, seen = self._flow.flow[chosen].to(device).float(), self._flow.seen[chosen].to(device)
        return DrawnWindows(scenes, labels, flow, seen)

    def read(self, network: KeyFrameMotion, windows: DrawnWindows) -> Tensor:
        """Return the steps (N, T + 1, 3) of the paths that the encoder reads from the first chunk's flow."""
        at = [self.moments.index(moment) for moment in (self._frames // 2, self._frames)]
        still = windows.scenes.still & windows.seen[:, at].all(1)
        numbers = network.encoder(windows.scenes.told, still, windows.flow[:, at])
        return path_basis(self._frames, numbers.device).steps(numbers)


class WindowPaths(nn.Module):
    """The path of every window, as far as it is known; part of a checkpoint, so that a resumed run goes on with it."""

    numbers: Tensor
    known: Tensor

    def __init__(self, windows: RealWindows) -> None:
        super().__init__()
        count, size = len(windows.starts), 3 * len(windows.moments) + 1
        self.register_buffer("numbers", torch.zeros(count, size))
        self.register_buffer("known", torch.zeros(count, dtype=torch.bool))
        self._windows = windows

    @torch.no_grad()
    def fitted(
        self,
        chosen: Tensor,
        drawn: DrawnWindows,
        scenes: FilmedScenes,
        network: KeyFrameMotion,
        *,
        again: bool = True,
        gathered: Callable[[Tensor], Tensor] = lambda rows: rows,
    ) -> Tensor:
        """Return the steps (N, T + 1, 3) of drawn windows' paths.

        Args:
            chosen: (N,), their numbers.
            drawn: the windows.
            scenes: the same, corrected.
            network: whose encoder reads paths that are not known yet.
            again: whether those that are known are fitted further.
            gathered: returns what all processes have, each of which fits the paths of its windows.
        """
        basis = knot_basis(self._windows.moments, drawn.labels.device)
        known, numbers = self.known[chosen], self.numbers[chosen]
        if not known.all():
            found = find_path(scenes, network.camera, self._windows.read(network, drawn))
            numbers = torch.where(known[:, None], numbers, found)
        if again:
            numbers = fit_path(scenes, network.camera, basis, numbers, factors=(2,), rounds=(2,))
        all_chosen = gathered(chosen.to(numbers.device))
        self.numbers[all_chosen], self.known[all_chosen] = gathered(numbers), True
        return basis.steps(numbers)
