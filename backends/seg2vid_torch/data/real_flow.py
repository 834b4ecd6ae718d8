"""Optical flow of real clips, by OpenCV's DIS (Kroeger et al., ECCV 2016): computed once, when the clips are loaded.

It is followed from frame to frame.  Between frames further apart DIS finds little of a turning camera's motion, which
goes on for half the picture's width.

Shape symbols: S = windows of a dataset, M = moments of a window, H, W = height and width.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seg2vid_interface.errors import BackendError
from seg2vid_torch.data.division import Divided, undivided
from seg2vid_torch.data.frame_store import FrameStore
from seg2vid_torch.geometry.camera_motion import length, pixel_grid, sample

CONSISTENT = 1.0  # pixels between a point and itself after going to the other frame and back
RELATIVE = 0.05  # of the flow's length, likewise
BELIEVED = 0.5  # share of the pixels around a place that are to be believed


@dataclass(frozen=True)
class RealFlow:
    """The flow from every window's first frame to its later ones."""

    flow: Tensor
    """(S, M, 2, H, W) float16 in pixels, x and y."""
    seen: Tensor
    """(S, M, H, W) bool: whether from every frame to the next, going there and back again ends where it began."""


def flow_of_windows(
    store: FrameStore, starts: Sequence[int], moments: Sequence[int], divided: Divided = undivided
) -> RealFlow:
    """Compute the flow of the windows that begin at these frames, to the moments after them; work may be `divided`.

    Raises:
        BackendError: OpenCV is not installed.
    """
    require_opencv()
    greys = (store.images.float() * torch.tensor([0.299, 0.587, 0.114]).view(3, 1, 1)).sum(1).round().byte().numpy()
    needed = sorted({first + t for first in starts for t in range(moments[-1])})
    flow = torch.empty((len(starts), len(moments), 2, *greys.shape[1:]), dtype=torch.float16)
    seen = torch.empty((len(starts), len(moments), *greys.shape[1:]), dtype=torch.bool)
    with ThreadPoolExecutor() as pool:

        def work(frames: Sequence[int]) -> Iterator[tuple[Tensor, Tensor]]:
            return pool.map(lambda frame: _step(greys[frame], greys[frame + 1]), frames)

        steps = dict(zip(needed, divided(needed, work), strict=True))
    for window, first in enumerate(starts):
        flow[window], seen[window] = _followed([steps[first + t] for t in range(moments[-1])], moments)
    return RealFlow(flow, seen)


def _step(frame: NDArray[np.uint8], after: NDArray[np.uint8]) -> tuple[Tensor, Tensor]:
    """Return the flow (2, H, W) from a grey picture (H, W) to the next, and where it is to be believed (H, W)."""
    there = dense_flow(frame, after)
    return there, leads_back(there, dense_flow(after, frame))


def _followed(steps: Sequence[tuple[Tensor, Tensor]], moments: Sequence[int]) -> tuple[Tensor, Tensor]:
    """Follow pixels through steps (see `_step`): return their flow (M, 2, H, W) and where it is to be believed."""
    height, width = steps[0][1].shape
    grid = pixel_grid(height, width, steps[0][0].device)
    flow, seen, flows, believed = torch.zeros_like(grid), torch.ones_like(steps[0][1]), [], []
    for frame, (there, returns) in enumerate(steps, 1):
        x, y = places = grid + flow
        inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
        fields = sample(torch.cat([there, returns[None].float()])[None], places[None])[0]
        flow, seen = flow + fields[:2], seen & inside & (fields[2] > BELIEVED)
        if frame in moments:
            flows.append(flow)
            believed.append(seen)
    return torch.stack(flows), torch.stack(believed)


def require_opencv() -> None:
    """Raise BackendError if OpenCV is not installed."""
    try:
        import cv2  # noqa: F401
    except ImportError:
        raise BackendError(
            "optical flow needs OpenCV, which is not installed", "Install it: pip install 'seg2vid[train]'"
        ) from None


def dense_flow(first: NDArray[np.uint8], later: NDArray[np.uint8]) -> Tensor:
    """Return the flow (2, H, W) in pixels between two grey pictures (H, W)."""
    import cv2

    method = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)  # one a call: it is not safe for threads
    flow = method.calc(first, later, np.zeros((*first.shape, 2), np.float32))
    return torch.from_numpy(np.asarray(flow, np.float32)).permute(2, 0, 1)


def leads_back(there: Tensor, back: Tensor) -> Tensor:
    """Return (H, W) bool: whether the two flows (2, H, W) lead back."""
    grid = pixel_grid(there.shape[1], there.shape[2], there.device)
    way_back = sample(back[None], (grid + there)[None])[0]
    limit = CONSISTENT + RELATIVE * length(there[None])[0, 0]
    return length((there + way_back)[None])[0, 0] < limit
