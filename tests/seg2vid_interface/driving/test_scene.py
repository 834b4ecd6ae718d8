"""What a request says of the street that a clip drives through, and what its things are called."""

import numpy as np
import pytest

from seg2vid_interface.driving.paths import steady
from seg2vid_interface.driving.scene import driven
from seg2vid_interface.model_card import read_card

ROAD, SKY, PERSON, RIDER, CAR, BICYCLE, OTHER = 0, 10, 11, 12, 13, 18, 19


@pytest.fixture
def drive(make_model):
    """Return the function label map, ids -> what a camera drives through."""
    card = read_card(make_model(camera={}))
    return lambda labels, ids=None: driven(card, labels, ids, steady(8.0), 17.0, seed=0, sample=1)


@pytest.fixture
def labels():
    """Two cars that touch at a corner, a rider on a bicycle, a person, and things of no class."""
    labels = np.full((32, 64), ROAD, np.uint8)
    labels[:12] = SKY
    labels[10:20, 4:20] = CAR
    labels[20:24, 20:24] = CAR
    labels[14:18, 40:44] = RIDER
    labels[18:24, 38:46] = BICYCLE
    labels[12:20, 55:58] = PERSON  # higher up, but smaller, than the rider
    labels[28:, :] = OTHER
    return labels


def test_without_ids_what_touches_is_one_thing_and_its_id_is_its_number(drive, labels):
    objects = drive(labels).objects
    assert objects.ids == (1, 2, 3)
    assert objects.classes == (CAR, BICYCLE, PERSON)  # a rider belongs to what is ridden, most of which is bicycle
    found = np.where(labels == ROAD, 0, objects.numbers)  # what moves has the road below it too
    assert [np.unique(labels[found == n]).tolist() for n in (1, 2, 3)] == [[CAR], [RIDER, BICYCLE], [PERSON]]
    assert set(labels[found == 0]) == {ROAD, SKY, OTHER}


def test_given_ids_tell_things_apart_and_stay(drive, labels):
    ids = np.full(labels.shape, 7, np.uint16)  # what stands on the road counts for nothing
    ids[:, :20], ids[20:24, 20:24] = 26001, 26000
    ids[14:18, 40:44], ids[18:24, 38:46] = 25000, 33000
    ids[:, 50:] = 24003
    objects = drive(labels, ids).objects
    assert dict(zip(objects.ids, objects.classes, strict=True)) == {
        26001: CAR,
        26000: CAR,
        25000: RIDER,
        33000: BICYCLE,
        24003: PERSON,
    }
    for number, instance in enumerate(objects.ids, 1):
        assert set(ids[(objects.numbers == number) & (labels != ROAD)]) == {instance}


def test_the_fields_of_a_request(drive, labels):
    scene = drive(labels)
    fields = scene.fields()
    assert set(fields) == {"camera", "object_map", "object_motion"}
    np.testing.assert_array_equal(fields["object_map"], scene.objects.numbers)
    np.testing.assert_allclose(fields["camera"](1), [[0, 0, 0], *[[8 / 17, 0, 0]] * 4], rtol=1e-6)
    assert fields["object_motion"](0).shape == (256, 4)


def test_a_model_without_camera_drives_through_nothing(make_model, labels):
    assert driven(read_card(make_model()), labels, None, steady(8.0), 17.0, seed=0, sample=1) is None
