"""Optical flow of clips."""

import pytest
import torch
from torch.nn import functional

from seg2vid_torch.data.frame_store import FrameStore
from seg2vid_torch.data.real_flow import flow_of_windows

pytest.importorskip("cv2")
FRAMES, STEP, HEIGHT, WIDTH = 9, 9, 64, 128


@pytest.fixture(scope="module")
def panned():
    """A clip whose picture moves to the left by the same from frame to frame, in the end by half its width."""
    generator = torch.Generator().manual_seed(0)
    wide = WIDTH + STEP * FRAMES
    parts = [torch.rand(1, 1, HEIGHT // s, wide // s + 1, generator=generator) for s in (4, 8, 16)]
    large = [functional.interpolate(part, size=(HEIGHT, wide), mode="bicubic") for part in parts]
    picture = (sum(large) / 3).clamp(0, 1).mul(255).byte().expand(1, 3, -1, -1)
    frames = torch.cat([picture[..., STEP * t : STEP * t + WIDTH] for t in range(FRAMES)])
    labels = torch.zeros(FRAMES, HEIGHT, WIDTH, dtype=torch.uint8)
    return FrameStore(frames, labels, (range(FRAMES),))


def test_flow_is_followed_from_frame_to_frame(panned):
    real = flow_of_windows(panned, [0, 1], (1, 4, 7))
    assert real.flow.shape == (2, 3, 2, HEIGHT, WIDTH)
    for index, moment in enumerate((1, 4, 7)):
        moved = STEP * moment
        stays = slice(moved + STEP, WIDTH - STEP)  # what does not leave the picture, nor stands at its border
        assert (real.flow[:, index, 0, :, stays].float() + moved).abs().median() < 0.3
        assert real.seen[:, index, :, stays].float().mean() > 0.9
        assert not real.seen[:, index, :, : moved - STEP].any()


def test_windows_that_share_frames_have_the_flow_that_they_have_alone(panned):
    both, alone = flow_of_windows(panned, [0, 1], (2,)), flow_of_windows(panned, [1], (2,))
    assert torch.equal(both.flow[1], alone.flow[0])
    assert torch.equal(both.seen[1], alone.seen[0])
