"""Motion between neighbouring frames, and pictures moved along it.

Shape symbols: h = steps, H, W = height and width.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seg2vid_interface.clips import Chunk
from seg2vid_interface.neighbour_flow import neighbour_flow, onward_flow
from seg2vid_torch.data.real_flow import dense_flow, leads_back
from seg2vid_torch.geometry.camera_motion import pixel_grid, sample
from seg2vid_torch.networks.colors import from_rgb


@dataclass(frozen=True)
class NeighbourMotion:
    """Flow between the frames 0..h of a clip, in pixels, x and y."""

    back: Tensor
    """(h, 2, H, W): pixel p of frame t shows what stands at p + back(p) in frame t - 1."""
    on: Tensor
    """(h, 2, H, W): pixel p of frame t - 1 stands at p + on(p) in frame t."""

    def visible_before(self) -> Tensor:
        """Return (h, H, W) bool: which pixels of frame t are seen in frame t - 1."""
        return torch.stack(list(map(leads_back, self.back, self.on)))

    def visible_after(self) -> Tensor:
        """Return (h, H, W) bool: which pixels of frame t - 1 are seen in frame t."""
        return torch.stack(list(map(leads_back, self.on, self.back)))


def greys(frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the luma (n, H, W) of pictures (n, 3, H, W)."""
    grey: NDArray[np.uint8] = from_rgb(torch.from_numpy(frames), 1)[:, 0].numpy()
    return grey


def optical_flows(pairs: Sequence[tuple[NDArray[np.uint8], NDArray[np.uint8]]]) -> Tensor:
    """Return the flow (n, 2, H, W) by DIS from the first to the second of each pair of grey pictures (H, W)."""
    with ThreadPoolExecutor() as pool:
        return torch.stack(list(pool.map(lambda pair: dense_flow(*pair), pairs)))


def seen_motion(frames: NDArray[np.uint8]) -> NeighbourMotion:
    """Return the motion that DIS sees between frames (h + 1, 3, H, W)."""
    grey = greys(frames)
    return NeighbourMotion(
        back=optical_flows(list(zip(grey[1:], grey[:-1], strict=True))),
        on=optical_flows(list(pairwise(grey))),
    )


def saved_motion(chunks: Sequence[Chunk]) -> NeighbourMotion | None:
    """Return the motion that a clip comes with, as `--save flow` writes it; None if it has no flow."""
    back, on = [], []
    for chunk in chunks:
        if chunk.forward_flow is None or chunk.backward_flow is None:
            return None
        back.append(-neighbour_flow(chunk.forward_flow, chunk.backward_flow))
        on.append(onward_flow(chunk.forward_flow, chunk.backward_flow)[0])
    return NeighbourMotion(*(torch.from_numpy(np.concatenate(flows)).permute(0, 3, 1, 2) for flows in (back, on)))


def moved(pictures: Tensor, flow: Tensor) -> Tensor:
    """Return pictures (n, C, H, W) sampled at p + flow(p), flow (n, 2, H, W), linearly between pixels."""
    return sample(pictures, pixel_grid(flow.shape[2], flow.shape[3], flow.device) + flow)


def rounded(pictures: Tensor) -> NDArray[np.uint8]:
    """Return pictures (..., 3, H, W) in 0..255 as files hold them: all that is compared was rounded to 8 bits."""
    whole: NDArray[np.uint8] = pictures.round().clamp(0, 255).to(torch.uint8).numpy()
    return whole
