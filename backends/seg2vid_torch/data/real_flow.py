"""Optical flow of real clips, by OpenCV's DIS (Kroeger et al., ECCV 2016): computed once, when the clips are loaded.

Shape symbols: S = windows of a dataset, M = moments of a window, H, W = height and width.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seg2vid_interface.errors import BackendError
from seg2vid_torch.data.frame_store import FrameStore
from seg2vid_torch.geometry.camera_motion import length, pixel_grid, sample

CONSISTENT = 1.0  # pixels between a point and itself after going to the other frame and back
RELATIVE = 0.05  # of the flow's length, likewise


@dataclass(frozen=True)
class RealFlow:
    """The flow from every window's first frame to its later ones."""

    flow: Tensor
    """(S, M, 2, H, W) float16 in pixels, x and y."""
    seen: Tensor
    """(S, M, H, W) bool: whether going there and back again ends where it began."""


def flow_of_windows(store: FrameStore, starts: Sequence[int], moments: Sequence[int]) -> RealFlow:
    """Compute the flow of the windows that begin at these frames, to the moments after them.

    Raises:
        BackendError: OpenCV is not installed.
    """
    _require_opencv()
    greys = (store.images.float() * torch.tensor([0.299, 0.587, 0.114]).view(3, 1, 1)).sum(1).round().byte().numpy()
    count, (height, width) = len(starts), store.images.shape[2:]
    flow = torch.empty((count, len(moments), 2, height, width), dtype=torch.float16)
    seen = torch.empty((count, len(moments), height, width), dtype=torch.bool)

    def compute(window: int) -> None:
        first = greys[starts[window]]
        for moment, after in enumerate(moments):
            later = greys[starts[window] + after]
            there = _dense_flow(first, later)
            flow[window, moment] = there
            seen[window, moment] = _returns(there, _dense_flow(later, first))

    with ThreadPoolExecutor() as pool:
        list(pool.map(compute, range(count)))
    return RealFlow(flow, seen)


def _require_opencv() -> None:
    try:
        import cv2  # noqa: F401
    except ImportError:
        raise BackendError(
            "the flow of real clips needs OpenCV, which is not installed", "Install it: pip install 'seg2vid[train]'"
        ) from None


def _dense_flow(first: NDArray[np.uint8], later: NDArray[np.uint8]) -> Tensor:
    """Return the flow (2, H, W) in pixels between two grey pictures (H, W)."""
    import cv2

    method = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)  # one a call: it is not safe for threads
    flow = method.calc(first, later, np.zeros((*first.shape, 2), np.float32))
    return torch.from_numpy(np.asarray(flow, np.float32)).permute(2, 0, 1)


def _returns(there: Tensor, back: Tensor) -> Tensor:
    """Return (H, W) bool: whether the two flows (2, H, W) lead back."""
    grid = pixel_grid(there.shape[1], there.shape[2], there.device)
    way_back = sample(back[None], (grid + there)[None])[0]
    limit = CONSISTENT + RELATIVE * length(there[None])[0, 0]
    return length((there + way_back)[None])[0, 0] < limit
