"""Hints: a still as a warp would leave it."""

import pytest
import torch

from seg2vid_interface.label_spaces import CITYSCAPES, LabelClass, LabelSpace
from seg2vid_torch.data.hints import NUMBERS, HintMaker
from seg2vid_torch.networks.spade.condition import painted_share
from street_data import label_map, picture

CENTRE_X, CENTRE_Y, STRENGTH, SHIFT, COVERS, EDGE, TURNS, GETS = range(NUMBERS)
SKY, CAR = 10, 13
NOTHING = {STRENGTH: 0.0, COVERS: 1.0, TURNS: 1.0}  # neither blurred nor with holes


def make(changed: dict[int, float], hinted: float = 1.0, labels=None) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the tiny street's frame, and its hint and trust with these numbers, all others in the middle."""
    labels = label_map() if labels is None else labels
    frame = torch.from_numpy(picture(labels)).permute(2, 0, 1)[None].float() / 255
    classes = torch.from_numpy(labels).long()[None]
    classes[classes == 255] = 19
    numbers = torch.full((1, NUMBERS), 0.5)
    for number, value in changed.items():
        numbers[0, number] = value
    return frame, *HintMaker(CITYSCAPES, torch.device("cpu"))(frame, classes, numbers, hinted)


def test_without_magnification_and_holes_the_hint_is_the_frame_and_nothing_is_painted():
    frame, hint, trust = make(NOTHING)
    assert torch.equal(hint, frame)
    assert torch.equal(trust, torch.ones_like(trust))
    assert painted_share(trust).max() == 0


def test_some_get_no_hint():
    _, hint, trust = make(NOTHING | {GETS: 0.75}, hinted=0.75)
    assert (hint.abs().max(), trust.abs().max()) == (0, 0)
    assert make(NOTHING | {GETS: 0.74}, hinted=0.75)[2].min() == 1


def test_the_further_from_the_vanishing_point_the_blurrier_and_the_less_trusted():
    frame, hint, trust = make(NOTHING | {STRENGTH: 1.0})
    row, sky = trust[0, 0, 110], torch.from_numpy(label_map() == SKY)
    assert (row[64:].diff() < 0).all()
    assert (row[:64].diff() > 0).all()
    assert 0.2 < trust.min() < 0.4  # magnified up to 4 times
    assert torch.equal(hint[0, :, sky], frame[0, :, sky])
    assert (trust[0, 0][sky] == 1).all()
    detail = [x[0, :, 100:118, :16].diff(dim=-1).abs().mean() for x in (hint, frame)]
    assert detail[0] < 0.95 * detail[1]
    # The blur is little and the colours stay: it is the same picture.
    assert (hint - frame).abs().mean() < 0.03


@pytest.mark.parametrize(("shift", "beside"), [(1.0, slice(80, 90)), (0.0, slice(46, 56))])
def test_what_objects_covered_is_unknown(shift, beside):
    frame, hint, trust = make(NOTHING | {COVERS: 0.0, SHIFT: shift})
    expected = torch.ones(128, 128)
    expected[60:84, beside] = 0  # the car stands at 56..80, and stood ten pixels away
    assert torch.equal(trust[0, 0], expected)
    assert torch.equal(hint, frame * expected)


def test_objects_do_not_come_round_from_the_other_side():
    labels = label_map()
    labels[60:84] = 0
    labels[60:84, 120:] = CAR
    _, _, trust = make(NOTHING | {COVERS: 0.0, SHIFT: 1.0}, labels=labels)
    assert trust.min() == 1


@pytest.mark.parametrize(("edge", "band"), [(1.0, slice(0, 32)), (0.0, slice(96, 128))])
def test_a_turn_leaves_a_band_at_one_side_unknown(edge, band):
    frame, hint, trust = make(NOTHING | {TURNS: 0.0, EDGE: edge})
    expected = torch.ones(128, 128)
    expected[:, band] = 0
    assert torch.equal(trust[0, 0], expected)
    assert torch.equal(hint, frame * expected)


def test_a_label_space_without_sky_and_objects_has_hints_too():
    space = LabelSpace("plain", (LabelClass("floor", (0, 0, 0)), LabelClass("wall", (9, 9, 9))))
    frame = torch.rand(2, 3, 16, 32, generator=torch.Generator().manual_seed(0))
    numbers = torch.rand(2, NUMBERS, generator=torch.Generator().manual_seed(1))
    hint, trust = HintMaker(space, torch.device("cpu"))(frame, torch.zeros(2, 16, 32).long(), numbers)
    assert (hint.shape, trust.shape) == ((2, 3, 16, 32), (2, 1, 16, 32))
    assert 0 <= trust.min() <= trust.max() <= 1
    assert ((trust > 0) | (hint == 0)).all()
