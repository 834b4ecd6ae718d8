"""What the SPADE generator is told of a batch's pictures before it paints them."""

from dataclasses import fields
from typing import Any

import pytest
import torch
from torch import Tensor

from key_frame_stages import soft_picture, street_map
from seg2vid_interface.label_spaces import CITYSCAPES
from seg2vid_torch.data.hints import NUMBERS
from seg2vid_torch.data.rolled_hints import NUMBERS as PATH_NUMBERS
from seg2vid_torch.geometry.key_frames import KeyFrame
from seg2vid_torch.settings.loading import load_settings
from seg2vid_torch.training.spade_hints import HintDraws, SpadeHints
from seg2vid_torch.training.stage import TrainingContext
from street_data import TINY_IMAGE

HEIGHT, WIDTH = 64, 128


def make(**settings: str) -> SpadeHints:
    size = {"height": str(HEIGHT), "width": str(WIDTH)}
    checked = load_settings("image", "street", TINY_IMAGE | size | settings)
    no_data: Any = None
    context = TrainingContext(CITYSCAPES, 3, torch.device("cpu"), torch.float32, no_data, None)
    return SpadeHints(checked, context)


def stills(count: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return frames, labels and textures."""
    frames = torch.from_numpy(soft_picture(HEIGHT, WIDTH)).permute(2, 0, 1)[None].float() / 255
    labels = torch.from_numpy(street_map(HEIGHT, WIDTH)).long()[None]
    texture = torch.randn(count, 4, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(1))
    return frames.repeat(count, 1, 1, 1), labels.repeat(count, 1, 1), texture


def paint(known: KeyFrame) -> tuple[Tensor, Tensor]:
    return torch.full_like(known.frame, 0.5), torch.ones_like(known.trust)


def test_all_that_is_random_depends_on_the_step():
    hints = make()
    one, again, other = (hints.draw(step, 3, 4) for step in (0, 0, 1))
    shapes = {field.name: tuple(getattr(one, field.name).shape) for field in fields(HintDraws)}
    texture = 4, HEIGHT, WIDTH
    assert shapes == {
        "hints": (3, NUMBERS),
        "rolls": (3,),
        "paths": (3, PATH_NUMBERS),
        "textures": (len(one.textures), 3, *texture),
        "driven_paths": (2, PATH_NUMBERS),  # half of the four, the preset's share
        "driven_textures": (len(one.driven_textures), 2, *texture),
    }
    for field in fields(HintDraws):
        assert torch.equal(getattr(one, field.name), getattr(again, field.name))
    for name in ("hints", "paths", "driven_paths"):
        assert not torch.equal(getattr(one, name), getattr(other, name))


def test_drives_are_as_long_as_is_allowed():
    hints = make(rolled_chunks="3", driven_chunks="4")
    draws = [hints.draw(step, 1, 2) for step in range(40)]
    assert {len(draw.textures) for draw in draws} == {2, 3, 4}  # one more than chunks
    assert {len(draw.driven_textures) for draw in draws} == {1, 2, 3, 4}


@pytest.mark.parametrize(("share", "driven"), [("0", 0), ("0.25", 2), ("0.5", 4)])
def test_a_share_of_the_drawn_styles_is_driven_on_to(share, driven):
    hints = make(driven=share)
    assert (hints.driven(8), hints.driven(0)) == (driven, 0)


def test_a_share_of_the_hints_is_rolled_out():
    draws = make(rolled="0.25").draw(0, 2000, 0)
    assert draws.rolls.float().mean() == pytest.approx(0.25, abs=0.04)


def test_some_are_told_made_hints_some_rolled_ones_and_some_nothing():
    hints = make(hinted="0.75", rolled="0.5", rolled_chunks="1")
    draws = hints.draw(0, 3, 0)
    draws.hints[:, -1] = torch.tensor([0.7, 0.7, 0.8])  # the last gets none
    draws.rolls[:] = torch.tensor([False, True, True])
    frames, labels, texture = stills(3)
    known = hints.own(frames, labels, texture, draws, paint)
    made, rolled, none = (known[slice(number, number + 1)] for number in range(3))
    assert torch.equal(made.labels, labels[:1])
    assert torch.equal(made.texture, texture[:1])
    assert made.trust.max() > 0.9
    assert not torch.equal(rolled.texture, texture[1:2])
    assert 0 < rolled.trust.mean() < 1
    trusted = rolled.trust > 0.6
    assert (rolled.hint - frames[1:2]).abs().mean(1, keepdim=True)[trusted].mean() < 0.1
    assert (none.hint.abs().max(), none.trust.max()) == (0, 0)
    assert torch.equal(none.texture, texture[2:])
    assert torch.equal(none.labels, labels[2:])


def test_without_rolled_hints_nothing_is_painted_on_the_way():
    hints = make(rolled="0", driven="0")
    draws = hints.draw(0, 2, 2)
    assert (len(draws.textures), len(draws.driven_paths)) == (0, 0)
    frames, labels, texture = stills(2)

    def refuse(_: KeyFrame) -> tuple[Tensor, Tensor]:
        raise AssertionError("there is nothing to paint")

    own, drawn = hints.own(frames, labels, texture, draws, refuse), hints.drawn(labels, texture, draws, refuse)
    assert torch.equal(own.texture, texture)
    assert (drawn.hint.abs().max(), drawn.trust.max()) == (0, 0)


def test_the_last_drawn_styles_are_driven_on_to():
    """The painter is told of those alone; the others are told nothing."""
    hints = make(driven="0.5", driven_chunks="2")
    draws, told = hints.draw(0, 2, 4), []
    _, labels, texture = stills(4)

    def recorded(known: KeyFrame) -> tuple[Tensor, Tensor]:
        told.append(known)
        return paint(known)

    known = hints.drawn(labels, texture, draws, recorded)
    assert [len(key.frame) for key in told] == [2] * len(draws.driven_textures)
    assert torch.equal(told[0].texture, texture[2:])
    first, last = known[slice(0, 2)], known[slice(2, 4)]
    assert (first.hint.abs().max(), first.trust.max()) == (0, 0)
    assert torch.equal(first.labels, labels[:2])
    assert torch.equal(first.texture, texture[:2])
    assert 0.2 < last.trust.mean() < 1
    assert (last.labels != labels[2:]).any()
    assert (last.hint[last.trust.expand(-1, 3, -1, -1) > 0.9] - 0.5).abs().max() < 1e-5  # what the painter made of it
