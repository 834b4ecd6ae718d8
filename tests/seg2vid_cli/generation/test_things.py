"""What can be told of a scene's things, where they are to be saved."""

from pathlib import Path

import numpy as np
import pytest

from seg2vid_cli.generation.things import check_things, fit_to_things
from seg2vid_cli.inputs.conditions import ImageConditions
from seg2vid_cli.inputs.scenes import Scene
from seg2vid_cli.outputs.plan import plan_outputs
from seg2vid_interface.errors import LabelMapError
from seg2vid_interface.model_card import read_card

CAR, OTHER = 13, 19


def scene(label: int | None, instance: int | None = None) -> Scene:
    label_map = None if label is None else np.full((32, 64), label, np.uint8)
    instances = None if instance is None else np.full((32, 64), instance, np.uint16)
    return Scene(label_map, None, ImageConditions(), (), instances, "a.png")


@pytest.fixture
def card(make_model):
    return read_card(make_model(camera={}))


@pytest.mark.parametrize("asked", [{"boxes"}, {"instances", "labels"}, {"all"}])
def test_things_that_no_ids_tell_apart_are_spoken_of(card, asked):
    (message,) = check_things(scene(CAR), card, frozenset(asked))
    assert message == (
        "a.png: no instance ids were given, so touching things of a kind count as one; "
        "give --instances, or a map with Cityscapes instance ids"
    )


def test_nothing_is_said_where_there_are_ids_or_nothing_is_asked(card, make_model):
    assert check_things(scene(CAR, 26001), card, frozenset({"boxes"})) == []
    assert check_things(scene(CAR), card, frozenset({"depth", "labels"})) == []
    assert check_things(scene(OTHER), card, frozenset({"all"})) == []
    assert check_things(scene(OTHER), read_card(make_model("blind")), frozenset({"all"})) == []
    assert check_things(scene(None), read_card(make_model("plain", with_labels=False)), frozenset({"all"})) == []


@pytest.mark.parametrize(
    ("street", "ids"), [(scene(OTHER), ""), (scene(CAR, 0), " with an instance id other than 0"), (scene(0), "")]
)
def test_a_scene_without_things_cannot_have_them_saved(card, street, ids):
    with pytest.raises(LabelMapError) as caught:
        check_things(street, card, frozenset({"all", "boxes"}))
    assert caught.value.message == "a.png: --save boxes: there is no thing to save"
    classes = "person, rider, car, truck, bus, train, motorcycle, bicycle"
    assert caught.value.hint == f"Things are what is one of {classes}{ids}."


def test_what_a_scene_does_not_have_is_left_out(card):
    (output,) = plan_outputs(
        [Path("a.png")],
        "a.mp4",
        kind=None,
        samples=1,
        save=frozenset({"labels", "depth", "instances", "boxes"}),
        sheet=None,
        overwrite=False,
    )
    assert fit_to_things(output, scene(CAR), card) == output
    assert fit_to_things(output, scene(OTHER), card).save == {"labels", "depth"}
