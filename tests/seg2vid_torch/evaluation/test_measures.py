"""Metrics of frames, against plain NumPy, and against values that are known."""

import math

import numpy as np
import pytest
import torch
from torchmetrics.image import MultiScaleStructuralSimilarityIndexMeasure

from drawn_windows import panned
from seg2vid_torch.evaluation.measures import (
    StepMeans,
    flicker,
    ms_ssim,
    psnr,
    scales_of,
    sharpness,
    ssim,
    warping_error,
)
from seg2vid_torch.evaluation.motion import NeighbourMotion, rounded, seen_motion

GENERATOR = np.random.default_rng(0)
TRUE = torch.from_numpy(GENERATOR.integers(0, 256, (2, 3, 40, 48))).float()
MADE = (TRUE + torch.from_numpy(GENERATOR.normal(0, 20, TRUE.shape)).float()).clamp(0, 255).round()


def reference_ssim(one: np.ndarray, other: np.ndarray) -> float:
    """Return the SSIM of grey pictures, a window around every pixel (Wang et al., 2004), mirrored at the border."""
    line = np.exp(-(np.arange(-5, 6) ** 2) / (2 * 1.5**2))
    weights = np.outer(line, line) / line.sum() ** 2
    windows = np.lib.stride_tricks.sliding_window_view
    x, y = (windows(np.pad(picture, 5, mode="reflect"), (11, 11)) for picture in (one, other))

    def mean(values: np.ndarray) -> np.ndarray:
        return (values * weights).sum((2, 3))

    mx, my = mean(x), mean(y)
    vx, vy, both = mean(x * x) - mx**2, mean(y * y) - my**2, mean(x * y) - mx * my
    a, b = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    return float(((2 * mx * my + a) * (2 * both + b) / ((mx**2 + my**2 + a) * (vx + vy + b))).mean())


def test_psnr_is_of_all_channels_frame_by_frame():
    errors = ((TRUE - MADE) ** 2).flatten(1).mean(1)
    assert psnr(MADE, TRUE).tolist() == pytest.approx((10 * torch.log10(255**2 / errors)).tolist(), abs=1e-4)
    assert psnr(TRUE, TRUE).tolist() == [100, 100], "equal frames have a number"


def test_ssim_is_of_the_luma():
    luma = np.array([0.299, 0.587, 0.114]).reshape(3, 1, 1)
    expected = [
        reference_ssim((one * luma).sum(0), (other * luma).sum(0))
        for one, other in zip(MADE.double().numpy(), TRUE.double().numpy(), strict=True)
    ]
    assert ssim(MADE, TRUE).tolist() == pytest.approx(expected, abs=1e-5)


def test_ms_ssim_is_torchmetrics_where_all_five_scales_fit():
    true = torch.rand(2, 1, 192, 208, generator=torch.Generator().manual_seed(0)).mul(255).round()
    made = (true + 30).clamp(0, 255)
    metric = MultiScaleStructuralSimilarityIndexMeasure(data_range=255, reduction="none")
    expected = metric(made, true)
    found = ms_ssim(made.expand(-1, 3, -1, -1), true.expand(-1, 3, -1, -1))
    assert found.tolist() == pytest.approx(expected.tolist(), abs=1e-5)


def test_small_frames_have_fewer_scales():
    assert [len(scales_of(size, size)) for size in (32, 64, 128, 176, 256)] == [2, 3, 4, 5, 5]
    assert sum(scales_of(128, 256)) == pytest.approx(1)
    for size in (16, 32, 64, 128):
        frames = torch.rand(1, 3, size, size, generator=torch.Generator().manual_seed(0)) * 255
        assert ms_ssim(frames, frames).tolist() == pytest.approx([1])


def test_what_moves_along_does_not_err_and_what_blinks_does():
    frames = torch.from_numpy(panned(5).frames).float()
    motion = _motion(2, frames)
    assert warping_error(frames, motion).max() < 0.2, "but for what comes in at the border"
    assert flicker(frames, motion)[:-1].max() < 0.2
    blinking = frames + torch.tensor([0, 8, 0, 8, 0]).view(5, 1, 1, 1)
    assert warping_error(blinking, motion).tolist() == pytest.approx([8, 8, 8, 8], abs=0.2)
    values = flicker(blinking, motion)
    assert values[:-1].tolist() == pytest.approx([8, 8, 8], abs=0.2)
    assert math.isnan(values[-1]), "the last frame has no later neighbour"
    brighter = frames + 4 * torch.arange(5).view(5, 1, 1, 1)
    assert flicker(brighter, motion)[:-1].max() < 0.2, "an even change is no flicker"


def _motion(step: int, frames: torch.Tensor) -> NeighbourMotion:
    back = torch.zeros(len(frames) - 1, 2, *frames.shape[2:])
    back[:, 0] = step
    return NeighbourMotion(back, -back)


def test_dis_sees_the_motion():
    pytest.importorskip("cv2")
    motion = seen_motion(panned(4).frames)
    middle = (slice(None), slice(None), slice(16, -16), slice(16, -16))
    assert motion.back[middle][:, 0].median() == pytest.approx(2, abs=0.2)
    assert motion.on[middle][:, 0].median() == pytest.approx(-2, abs=0.2)
    assert motion.visible_before()[middle[1:]].float().mean() > 0.9


def test_detail_is_the_difference_of_neighbours():
    stripes = torch.tensor([0.0, 10.0]).repeat(8).expand(1, 3, 4, 16)
    assert sharpness(stripes).tolist() == [10]


def test_everything_is_compared_as_files_hold_it():
    exact = torch.full((1, 3, 2, 2), 99.6)
    assert rounded(exact).tolist() == torch.full((1, 3, 2, 2), 100).tolist()
    assert rounded(torch.tensor([-3.0, 300.0])).tolist() == [0, 255]
    half = torch.full((1, 3, 16, 16), 99.5)
    assert psnr(half.round(), half).item() == pytest.approx(54.15, abs=0.01), "the most that rounding costs"


def test_means_are_of_those_that_have_a_value():
    means = StepMeans()
    means.add("copy", "flicker", torch.tensor([1.0, math.nan]))
    means.add("copy", "flicker", torch.tensor([2.0, math.nan, math.nan]))
    means.add("copy", "flicker", torch.tensor([3.0]))
    assert means.of("copy", "flicker") == (2.0, None, None)
    assert means.of("copy", "psnr") == ()
