"""What looks like a street, and what does not."""

import math
from pathlib import Path

import numpy as np

from seg2vid_cli.inputs.label_maps.pixels import Pixels, read_pixels
from seg2vid_cli.inputs.label_maps.plausibility import CLEAR_LEAD, PLAUSIBLE, USUAL, scores
from seg2vid_interface.label_spaces import CITYSCAPES, LabelClass, LabelSpace

EXAMPLES = Path(__file__).parents[4] / "examples"
ROAD, BUILDING, SKY, PERSON = (CITYSCAPES.index(name) for name in ("road", "building", "sky", "person"))


def score(pixels: Pixels, classes: list[int]) -> float:
    found = scores(pixels, [np.array(classes, np.uint8)], CITYSCAPES)
    assert found is not None
    return found[0]


def street() -> Pixels:
    """Sky above, a building in the middle, road below, as distinct pixels 0, 1 and 2."""
    which = np.zeros((90, 60), np.uint16)
    which[15:45], which[45:] = 1, 2
    return Pixels(np.arange(3, dtype=np.uint16)[:, None], which)


def test_the_examples_are_usual_streets() -> None:
    pixels = read_pixels(EXAMPLES / "avenue.png")  # train ids
    classes = np.where(pixels.distinct[:, 0] == 255, 19, pixels.distinct[:, 0]).tolist()

    assert score(pixels, classes) > USUAL > PLAUSIBLE


def test_a_street_upside_down_is_none() -> None:
    pixels = street()

    assert score(pixels, [SKY, BUILDING, ROAD]) > USUAL
    assert score(pixels, [ROAD, BUILDING, SKY]) < PLAUSIBLE - CLEAR_LEAD


def test_people_do_not_fill_half_of_it() -> None:
    assert score(street(), [SKY, PERSON, PERSON]) < PLAUSIBLE - CLEAR_LEAD


def test_what_is_mostly_other_is_no_street() -> None:
    assert score(street(), [SKY, BUILDING, 19]) > -math.inf  # just half
    assert score(street(), [SKY, 19, 19]) == -math.inf


def test_a_label_space_of_no_street_has_no_score() -> None:
    harbour = LabelSpace("harbour", (LabelClass("water", (0, 0, 9)),))

    assert scores(street(), [np.zeros(3, np.uint8)], harbour) is None


def test_size_plays_no_part() -> None:
    small = street()
    large = Pixels(small.distinct, small.which.repeat(9, axis=0).repeat(9, axis=1))

    assert math.isclose(score(small, [SKY, BUILDING, ROAD]), score(large, [SKY, BUILDING, ROAD]), abs_tol=0.01)
