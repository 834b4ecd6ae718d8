"""Rolled hints: a camera is taken back from a still and drives up to it, or on from what was painted."""

import pytest
import torch
from torch import Tensor

from key_frame_stages import HEIGHT, WIDTH, soft_picture, street_map
from seg2vid_interface.label_spaces import CITYSCAPES
from seg2vid_interface.model_card import Camera
from seg2vid_torch.data.rolled_hints import NUMBERS, HintRoller
from seg2vid_torch.geometry.key_frames import KeyFrame

COUNT = 2
SLOW, MIDDLING, FAST = -1.0, 0.0, 1.0
TRUSTED = 0.5


class Painter:
    """Paints grey what is not trusted, and remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[KeyFrame] = []

    def __call__(self, known: KeyFrame) -> tuple[Tensor, Tensor]:
        self.told.append(known)
        share = (known.trust < 0.3).float()
        return torch.lerp(known.frame, torch.full_like(known.frame, 0.5), share), share


@pytest.fixture
def roller():
    return HintRoller(CITYSCAPES, Camera())


@pytest.fixture
def stills():
    """Frames (N, 3, H, W) and labels (N, H, W)."""
    frames = torch.from_numpy(soft_picture()).permute(2, 0, 1)[None].float() / 255
    labels = torch.from_numpy(street_map()).long()[None]
    return frames.repeat(COUNT, 1, 1, 1), labels.repeat(COUNT, 1, 1)


def noise(chunks: int) -> Tensor:
    return torch.randn(chunks + 1, COUNT, 4, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(0))


def path(speed: float, yaw: float = 0.0) -> Tensor:
    return torch.tensor([[speed, yaw]]).repeat(COUNT, 1)


@pytest.mark.parametrize("chunks", [1, 2, 3])
@pytest.mark.parametrize(("speed", "yaw"), [(SLOW, 0.0), (MIDDLING, 0.0), (FAST, 1.0)])
def test_a_still_comes_back_to_itself(roller, stills, chunks, speed, yaw):
    """Where the hint is trusted; and its labels everywhere, but for ragged edges."""
    painter, (frames, labels) = Painter(), stills
    known = roller.up_to(frames, labels, path(speed, yaw), noise(chunks), painter)
    trusted = known.trust > TRUSTED
    assert trusted.float().mean() > 0.3
    assert (known.frame - frames).abs().mean(1, keepdim=True)[trusted].mean() < 0.03
    assert (known.label_map == labels).float().mean() > 0.97
    assert len(painter.told) == chunks - 1  # the last is what the painter that learns is told


def test_the_further_the_camera_comes_the_less_is_trusted(roller, stills):
    trust = [
        roller.up_to(*stills, path(speed), noise(chunks), Painter()).trust.mean()
        for chunks, speed in ((1, SLOW), (1, MIDDLING), (1, FAST), (3, FAST))
    ]
    assert trust == sorted(trust, reverse=True)
    assert trust[-1] < 0.75 * trust[0]


def test_a_drive_goes_on_from_what_is_painted(roller, stills):
    """The first picture has nothing to go by, those after it have what the one before shows."""
    painter, (_, labels) = Painter(), stills
    known = roller.on_from(labels, path(MIDDLING), noise(3), painter)
    assert len(painter.told) == 3
    first, *others = painter.told
    assert (first.trust.max(), first.frame.max()) == (0, 0)
    assert torch.equal(first.label_map, labels)
    assert torch.equal(first.texture, noise(3)[0])
    assert all(0.3 < key.trust.mean() < 0.9 for key in others)
    assert (known.label_map != labels).any()
    assert set(known.label_map.unique().tolist()) <= set(labels.unique().tolist())
    assert (known.trust.min() >= 0) & (known.trust.max() <= 1)


@pytest.mark.parametrize("speed", [SLOW, FAST])
def test_textures_stay_white(roller, stills, speed):
    """After four chunks: mean 0, variance 1, and neighbours have little in common."""
    painter = Painter()
    texture = roller.on_from(stills[1], path(speed), noise(4), painter).texture
    for field in (texture, *(key.texture for key in painter.told)):
        assert field.mean().abs() < 0.02
        assert field.var() == pytest.approx(1, abs=0.03)
        assert (field[..., 1:] * field[..., :-1]).mean() < 0.15
        assert (field[..., 1:, :] * field[..., :-1, :]).mean() < 0.15


def test_each_drives_its_own_way_alone_or_with_others(roller, stills):
    frames, labels = stills
    numbers = torch.tensor([[SLOW, -1.0], [FAST, 1.0]])
    assert numbers.shape == (COUNT, NUMBERS)
    both = roller.up_to(frames, labels, numbers, noise(2), Painter())
    alone = roller.up_to(frames[1:], labels[1:], numbers[1:], noise(2)[:, 1:], Painter())
    for name, value in vars(alone).items():
        torch.testing.assert_close(getattr(both, name)[1:], value, msg=name)
    assert not torch.equal(both.trust[0], both.trust[1])
