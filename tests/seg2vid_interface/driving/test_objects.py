"""What the things of a label map are, where they stand, and what they do."""

import math

import numpy as np
import pytest

from seg2vid_interface.driving.objects import MOST, Objects, Thing, find_objects
from seg2vid_interface.driving.paths import Drive, GivenPath, steady
from seg2vid_interface.label_spaces import CITYSCAPES, LabelClass, LabelSpace
from seg2vid_interface.model_card import Camera

HEIGHT, WIDTH = 128, 256
CAMERA = Camera(focal_length=1.0, horizon=0.5, height=1.25)
FPS, CHUNK = 10.0, 8
NAMES = [label_class.name for label_class in CITYSCAPES.classes]
SEEDS = 200


def street(*things: tuple[str, float, float, float, float]) -> np.ndarray:
    """Return a map of sky and road on which things stand: class, left, right and height in metres, distance."""
    labels = np.full((HEIGHT, WIDTH), NAMES.index("sky"), np.uint8)
    labels[HEIGHT // 2 :] = NAMES.index("road")
    for thing in things:
        labels[box(*thing[1:])] = NAMES.index(thing[0])
    return labels


def box(left: float, right: float, tall: float, distance: float) -> tuple[slice, slice]:
    per_metre = WIDTH / distance  # at a focal length of one width
    foot = round(HEIGHT / 2 + CAMERA.height * per_metre)
    columns = [min(max(round((WIDTH - 1) / 2 + x * per_metre), 0), WIDTH) for x in (left, right)]
    return slice(max(round(foot + 1 - tall * per_metre), 0), foot + 1), slice(columns[0], columns[1] + 1)


def found(labels: np.ndarray, instances: np.ndarray | None = None, seed: int = 0, sample: int = 1) -> Objects:
    return find_objects(labels, instances, CITYSCAPES, CAMERA, seed=seed, sample=sample)


def only_things(labels: np.ndarray, instances: np.ndarray | None = None) -> list[Thing]:
    """Return what the only thing does by every seed."""
    return [thing for seed in range(SEEDS) for (thing,) in [found(labels, instances, seed).things]]


def test_a_thing_is_a_region_of_one_kind_and_has_a_place():
    labels = street(("car", 3, 5, 1.5, 20), ("person", -3, -2.3, 1.7, 10), ("truck", -12, -9, 3, 30))
    objects = found(labels)
    classes = [NAMES[labels[objects.numbers == number][0]] for number in objects.ids]
    assert (sorted(classes), objects.ids) == (["car", "person", "truck"], (1, 2, 3))
    on_things = np.isin(labels, [NAMES.index(name) for name in classes])
    areas = np.bincount(objects.numbers[on_things])
    assert (areas[0], list(areas[1:])) == (0, sorted(areas[1:], reverse=True))
    places = {name: (thing.x, thing.z) for name, thing in zip(classes, objects.things, strict=True)}
    assert places == {
        "car": pytest.approx((4, 20), rel=0.05),
        "person": pytest.approx((-2.65, 10), rel=0.05),
        "truck": pytest.approx((-10.5, 30), rel=0.05),
    }


def test_what_moves_has_the_ground_just_below_it_where_its_shadow_lies():
    labels = street(("car", -0.9, 0.9, 1.5, 12), ("car", 4, 6, 1.5, 12), ("sidewalk", 2, 8, 0.05, 12))
    labels[92, 120:126] = NAMES.index("pole")
    objects = found(labels)
    (follows,) = [number for number, thing in enumerate(objects.things, 1) if thing.follows]
    rows, columns = box(-0.9, 0.9, 1.5, 12)
    shadow = slice(rows.stop, rows.stop + round(0.2 * (rows.stop - rows.start))), columns
    expected = np.zeros_like(objects.numbers)
    expected[labels == NAMES.index("car")] = 3 - follows
    expected[shadow] = follows
    expected[labels == NAMES.index("pole")] = 0  # is no ground
    expected[rows, columns] = follows
    np.testing.assert_array_equal(objects.numbers, expected)  # what is parked has none


def test_what_is_tiny_or_no_foreground_is_no_thing():
    labels = street()
    labels[100, 100:102] = NAMES.index("car")
    labels[80:90, 80:90] = NAMES.index("pole")
    labels[20:40, 200:220] = 19  # other
    objects = found(labels)
    assert (objects.ids, objects.things, objects.numbers.max()) == ((), (), 0)
    np.testing.assert_array_equal(objects.motion(Drive(steady(8), FPS, CHUNK), 0), np.zeros((MOST, 4)))


def test_no_more_things_than_there_are_numbers():
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    labels = np.where((y % 4 < 2) & (x % 8 < 4), NAMES.index("car"), NAMES.index("road"))  # 32 by 32 of them
    objects = found(labels.astype(np.uint8))
    assert (len(objects.things), objects.numbers.max()) == (MOST - 1, MOST - 1)


def test_instance_ids_tell_things_apart():
    labels = street(("car", 3, 5, 1.5, 20), ("car", 5.1, 8, 1.5, 20))
    instances = np.zeros(labels.shape, np.uint16)
    instances[box(3, 5, 1.5, 20)] = 26007
    instances[box(5.1, 8, 1.5, 20)] = 26001
    instances[:4] = 23  # the sky's
    objects = found(labels, instances)
    assert objects.ids == (26001, 26007)
    np.testing.assert_array_equal(objects.numbers == 1, instances == 26001)
    np.testing.assert_array_equal(objects.numbers == 2, instances == 26007)
    assert len(found(labels).things) == 1


def test_ids_of_one_thing_may_cover_the_whole_map():
    labels = np.full((HEIGHT, WIDTH), NAMES.index("car"), np.uint8)
    objects = found(labels, np.full(labels.shape, 5, np.uint16))
    assert (objects.ids, objects.numbers.min()) == ((5,), 1)


def test_what_is_in_our_lane_keeps_its_distance():
    for name in ("car", "truck", "person", "bicycle"):
        for thing in only_things(street((name, -0.9, 0.9, 1.6, 12))):
            assert thing == Thing(thing.x, thing.z, follows=True)
            assert thing.z == pytest.approx(12, rel=0.05)


def test_half_of_the_vehicles_on_the_other_lane_come():
    things = only_things(street(("car", -5, -3.2, 1.5, 20)))
    coming = [thing for thing in things if thing.moves]
    assert len(coming) / SEEDS == pytest.approx(0.5, abs=0.1)
    speeds = [thing.along for thing in coming]
    assert (min(speeds), max(speeds)) == (pytest.approx(-9, abs=0.2), pytest.approx(-5, abs=0.2))
    assert {(thing.across, thing.follows) for thing in things} == {(0, False)}


@pytest.mark.parametrize(
    "labels",
    [
        street(("car", 3, 4.8, 1.5, 20)),
        street(("car", -9.5, -7.7, 1.5, 20)),
        street(("sidewalk", -6, -2, 0.9, 15), ("car", -5, -3.2, 1.5, 20)),
        street(*[("car", -12 + 2 * n, -8.5 + 2 * n, 1.5, 20) for n in range(4)]),
    ],
    ids=["to the right", "far to the left", "on the pavement", "a row"],
)
def test_parked_vehicles_stand(labels):
    assert not any(thing.moves or thing.follows for thing in only_things(labels))


def test_what_stands_in_our_lane_is_parted_from_the_row_that_it_touches():
    """One that drives ahead of us would else be told to be parked, and be run over."""
    labels = street(*[("car", -10 + 2 * n, -6.5 + 2 * n, 1.5, 20) for n in range(5)])
    row, ahead = found(labels).things
    assert (row.is_row, row.moves, row.follows) == (True, False, False)
    assert (ahead.is_row, ahead.follows, ahead.z) == (False, True, pytest.approx(20, rel=0.05))
    lane = (np.flatnonzero((found(labels).numbers == 2).any(0)) - (WIDTH - 1) / 2) * 20 / WIDTH
    assert (min(lane), max(lane)) == (pytest.approx(-1.4, abs=0.1), pytest.approx(1.4, abs=0.1))
    instances = np.where(labels == NAMES.index("car"), np.uint16(26001), np.uint16(0))
    assert len(found(labels, instances).things) == 1  # ids that are given are believed


def test_people_walk_either_way_or_stand():
    things = only_things(street(("person", 3, 3.6, 1.7, 10)))
    away, near = [[t.along for t in things if sign * t.along > 0] for sign in (1, -1)]
    assert len(away) / SEEDS == pytest.approx(0.35, abs=0.1)
    assert len(near) / SEEDS == pytest.approx(0.35, abs=0.1)
    assert (min(away), max(away)) == (pytest.approx(0.9, abs=0.1), pytest.approx(1.6, abs=0.1))
    assert (max(near), min(near)) == (pytest.approx(-0.9, abs=0.1), pytest.approx(-1.6, abs=0.1))


def cyclist(left: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the labels and ids of a rider on a bicycle."""
    bicycle, rider = box(left, left + 1.0, 0.9, 10), box(left + 0.2, left + 0.8, 0.9, 10)
    above = slice(rider[0].start - 18, bicycle[0].start), rider[1]
    labels, instances = street(), np.zeros((HEIGHT, WIDTH), np.uint16)
    for number, (name, place) in enumerate((("bicycle", bicycle), ("rider", above)), 1):
        labels[place], instances[place] = NAMES.index(name), number
    return labels, instances


@pytest.mark.parametrize(("left", "way"), [(2.5, 1), (-3.5, -1)])
def test_riders_ride_on_the_right(left, way):
    labels, _ = cyclist(left)
    speeds = [way * thing.along for thing in only_things(labels)]
    assert sum(speed == 0 for speed in speeds) / SEEDS == pytest.approx(0.3, abs=0.1)
    assert all(speed == 0 or 3 <= speed <= 5 for speed in speeds)


def test_a_rider_keeps_to_what_is_ridden_though_each_has_an_id():
    labels, instances = cyclist(2.5)
    for seed in range(20):
        bicycle, rider = found(labels, instances, seed).things
        assert bicycle == rider
        assert [bicycle] == list(found(labels, seed=seed).things)


def test_what_nobody_rides_stands():
    assert not any(thing.moves for thing in only_things(street(("bicycle", 3, 4, 1, 10))))


def test_foregrounds_of_other_kinds_walk():
    space = LabelSpace("farm", (LabelClass("road", (0, 0, 0), (0,)), LabelClass("cow", (1, 1, 1), (1,), True)), None)
    labels = np.zeros((HEIGHT, WIDTH), np.uint8)
    labels[box(3, 4, 1.7, 10)] = 1
    things = [find_objects(labels, None, space, CAMERA, seed=seed, sample=1).things[0] for seed in range(50)]
    assert {round(abs(thing.along)) for thing in things} == {0, 1, 2}


def test_the_same_seed_and_sample_do_the_same():
    labels = street(*[("person", 3 + n, 3.5 + n, 1.7, 12) for n in range(5)])
    alike = [found(labels, seed=seed, sample=sample).things for seed, sample in ((3, 1), (3, 1), (3, 2), (4, 1))]
    assert alike[0] == alike[1]
    assert alike[0] not in alike[2:]


def objects_of(*things: Thing) -> Objects:
    return Objects(np.zeros((1, 1), np.uint8), tuple(range(1, len(things) + 1)), (0,) * len(things), things)


def test_the_table_of_motions():
    things = Thing(0, 10, follows=True), Thing(3, 20), Thing(-3, 40, along=-6.0), Thing(5, 20, is_row=True)
    drive = Drive(steady(8.0), FPS, CHUNK)
    table = objects_of(*things).motion(drive, 2)
    assert (table.shape, table.dtype) == ((MOST, 4), np.float32)
    distance = 40 - 2 * CHUNK / FPS * (8 + 6)
    parked, coming = (1 / (20 - 2 * CHUNK / FPS * 8), 0, 0, 0), (1 / distance, 0, -0.6, 0)
    expected = [(0, 0, 0, 0), (1 / 10, 1, 0, 0), parked, coming, (0, 0, 0, 0)]  # a row is as deep as the street
    np.testing.assert_allclose(table[:5], expected, rtol=1e-6)
    np.testing.assert_array_equal(table[5:], 0)


def test_a_camera_that_turned_sees_things_move_otherwise():
    """After a quarter to the right what goes down the street goes to the left."""
    drive = Drive(steady(0.0, 90.0), FPS, 10)
    table = objects_of(Thing(5, 2, along=1.0), Thing(5, 2, across=1.0)).motion(drive, 1)
    np.testing.assert_allclose(table[1], (1 / 5, 0, 0, -0.1), atol=1e-6)
    np.testing.assert_allclose(table[2], (1 / 6, 0, 0.1, 0), atol=1e-6)


def test_what_moves_moves_as_its_distance_says():
    """From chunk to chunk the distance changes by the steps of the camera and of the thing."""
    drive = Drive(GivenPath((0.0, 3.0), ((4.0, 0.0, 0.0), (9.0, 0.0, 0.0))), FPS, CHUNK)
    objects = objects_of(Thing(-3, 90, along=-6.0))
    distances = [1 / objects.motion(drive, chunk)[1, 0] for chunk in range(4)]
    for chunk in range(3):
        metres = drive.steps(chunk)[:, 0].sum() - CHUNK * objects.motion(drive, chunk)[1, 2]
        assert distances[chunk] - distances[chunk + 1] == pytest.approx(metres, rel=1e-4)


def test_nothing_follows_a_camera_that_backs():
    drive = Drive(GivenPath((0.8, 0.81), ((8.0, 0.0, 0.0), (-2.0, 0.0, 0.0))), FPS, CHUNK)
    objects = objects_of(Thing(0, 10, follows=True))
    rows = [objects.motion(drive, chunk)[1] for chunk in range(3)]
    assert [bool(row[1]) for row in rows] == [True, False, False]
    backed = [drive.pose(chunk).backed for chunk in range(3)]
    np.testing.assert_allclose([row[0] for row in rows], [1 / (10 + metres) for metres in backed], rtol=1e-6)
    assert backed == pytest.approx([0, 0, 1.5], abs=0.1)


def test_what_was_passed_has_a_distance_still():
    drive = Drive(steady(20.0), FPS, CHUNK)
    table = objects_of(Thing(-3, 10, along=-6.0)).motion(drive, 10)
    assert math.isfinite(table[1, 0])
    assert table[1, 0] > 1
