"""Metrics with a value for every frame.

Shape symbols: h = steps, H, W = height and width.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import torch
from torch import Tensor
from torchmetrics.functional.image import (
    multiscale_structural_similarity_index_measure,
    peak_signal_noise_ratio,
    structural_similarity_index_measure,
)

from seg2vid_interface.evaluation import Column
from seg2vid_torch.evaluation.motion import NeighbourMotion, moved
from seg2vid_torch.networks.colors import LUMA

LARGEST = 255.0
EQUAL = 100.0
"""dB of a frame that is equal to the true one, for a mean that is a number."""
SIGMA, WINDOW = 1.5, 11  # of SSIM's Gaussian, in pixels
SCALES: Final = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # weights of MS-SSIM's, Wang et al. (Asilomar 2003)


def psnr(frames: Tensor, truth: Tensor) -> Tensor:
    """Return the PSNR (h,) in dB of frames (h, 3, H, W) in 0..255, over all channels."""
    values = peak_signal_noise_ratio(frames, truth, data_range=LARGEST, dim=(1, 2, 3), reduction="none")
    return values.clamp(max=EQUAL)


def ssim(frames: Tensor, truth: Tensor) -> Tensor:
    """Return the SSIM (h,) of the luma."""
    values = structural_similarity_index_measure(
        grey(frames), grey(truth), sigma=SIGMA, data_range=LARGEST, reduction="none"
    )
    assert isinstance(values, Tensor)
    return values.reshape(-1)


def scales_of(height: int, width: int) -> tuple[float, ...]:
    """Return the weights of MS-SSIM's scales: of as many as SSIM's window fits into, by torchmetrics' rule."""
    count = max(n for n in range(1, 6) if min(height, width) // max(1, (n - 1) ** 2) >= WINDOW or n == 1)
    total = sum(SCALES[:count])
    return tuple(weight / total for weight in SCALES[:count])


def ms_ssim(frames: Tensor, truth: Tensor) -> Tensor:
    """Return the MS-SSIM (h,) of the luma."""
    values = multiscale_structural_similarity_index_measure(
        grey(frames),
        grey(truth),
        sigma=SIGMA,
        kernel_size=WINDOW,
        data_range=LARGEST,
        betas=scales_of(*frames.shape[2:]),
        reduction="none",
    )
    return values.reshape(-1)


def grey(frames: Tensor) -> Tensor:
    """Return the luma (h, 1, H, W), not rounded."""
    return (frames * torch.tensor(LUMA).view(3, 1, 1)).sum(1, keepdim=True)


def sharpness(frames: Tensor) -> Tensor:
    """Return the mean difference (h,) of horizontal neighbours."""
    return (frames[..., 1:] - frames[..., :-1]).abs().flatten(1).mean(1)


def warping_error(frames: Tensor, motion: NeighbourMotion) -> Tensor:
    """Return how far (h,) each of frames 1..h is from the one before, moved along, where that shows it; of 255.

    As Lai et al. (ECCV 2018, Eq. 1), but of absolute differences.

    Args:
        frames: (h + 1, 3, H, W).
        motion: between them.
    """
    difference = (frames[1:] - moved(frames[:-1], motion.back)).abs().mean(1)
    return _mean(difference, motion.visible_before())


def flicker(frames: Tensor, motion: NeighbourMotion) -> Tensor:
    """Return how far (h,) each frame is from the mean of its neighbours, moved to it, where both show it; of 255.

    What changes evenly does not flicker.  The last frame has no value (NaN).
    """
    inner = moved(frames[:-2], motion.back[:-1]) / 2 + moved(frames[2:], motion.on[1:]) / 2
    seen = motion.visible_before()[:-1] & motion.visible_after()[1:]
    values = _mean((frames[1:-1] - inner).abs().mean(1), seen)
    return torch.cat([values, values.new_full((1,), math.nan)])


def _mean(field: Tensor, where: Tensor) -> Tensor:
    """Return the means (h,) of fields (h, H, W) over some pixels; NaN where there are none."""
    weight = where.float().flatten(1)
    return (field.flatten(1) * weight).sum(1) / weight.sum(1)


class StepMeans:
    """Means over all starts, for every row, metric and step."""

    def __init__(self) -> None:
        self._sums: dict[tuple[str, str], list[tuple[float, int]]] = {}

    def add(self, row: str, metric: str, values: Tensor) -> None:
        """Take the values (h,) of one window's steps; NaN where there is none."""
        sums = self._sums.setdefault((row, metric), [])
        for step, value in enumerate(values.tolist()):
            if step == len(sums):
                sums.append((0.0, 0))
            if not math.isnan(value):
                total, count = sums[step]
                sums[step] = total + value, count + 1

    def of(self, row: str, metric: str) -> tuple[float | None, ...]:
        """Return the mean of each step; None where there were no values."""
        return tuple(total / count if count else None for total, count in self._sums.get((row, metric), []))


COLUMNS: Final = {
    column.name: column
    for column in (
        Column("psnr", "PSNR", "dB", "higher", "mean over frames, of the three channels' 8-bit values", 2),
        Column("ssim", "SSIM", "", "higher", "of the luma, 11x11 Gaussian window of 1.5, mirrored at the border", 3),
        Column("ms-ssim", "MS-SSIM", "", "higher", "of the luma, the same window, {scales} scales", 3),
        Column("lpips", "LPIPS", "", "lower", "distance in VGG16's maps, version 0.1's linear weights", 3),
        Column("labels", "mIoU", "", "higher", "of the classes that {segmenter} sees, with the true label maps", 3),
        Column("detail", "Detail", "", "1", "mean difference of horizontal neighbours, over the first frame's", 3),
        Column("warping", "Warping error", "of 255", "lower", "to the frame before, moved by the saved flow", 2),
        Column("flicker", "Flicker", "of 255", "lower", "to the mean of both neighbours, moved likewise", 2),
        Column("warping-dis", "Warping error (DIS)", "of 255", "lower", "the same by the flow that DIS sees", 2),
        Column("flicker-dis", "Flicker (DIS)", "of 255", "lower", "the same by the flow that DIS sees", 2),
        Column("fid", "FID", "", "lower", "Frechet distance of all frames from the true ones", 2),
        Column("kid", "KID x 1000", "", "lower", "kernel distance of the same, unbiased", 3),
        Column("fvd", "FVD", "", "lower", "Frechet distance of whole clips from the true ones", 2),
    )
}
"""Every metric; braces are filled with what is known when it is measured."""

FrameMeasure = Callable[[Tensor, Tensor], Tensor]
COMPARED: Final[Mapping[str, FrameMeasure]] = {"psnr": psnr, "ssim": ssim, "ms-ssim": ms_ssim}
"""Metrics of frames (h, 3, H, W) and the true ones."""


def motion_measures(name: str, frames: Tensor, motion: NeighbourMotion) -> Iterator[tuple[str, Tensor]]:
    """Yield warping error and flicker of frames (h + 1, 3, H, W); `name` ends theirs: "" or "-dis"."""
    yield f"warping{name}", warping_error(frames, motion)
    yield f"flicker{name}", flicker(frames, motion)
