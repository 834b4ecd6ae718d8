"""Drawn paths keep to the road that a label map shows."""

import math

import numpy as np
import pytest

from seg2vid_interface.driving.objects import find_objects
from seg2vid_interface.driving.paths import PATH_CODE, Drive, drawn_path, steady
from seg2vid_interface.driving.roads import BRAKING, FARTHEST, MARGIN, SIDEWAYS, STOPS_BEFORE, RoadPath, road_of
from seg2vid_interface.driving.scene import driven
from seg2vid_interface.label_spaces import CITYSCAPES
from seg2vid_interface.latents import motion_latent
from seg2vid_interface.model_card import Camera, read_card

ROAD, SIDEWALK, BUILDING, SKY, PERSON, CAR, OTHER = 0, 1, 2, 10, 11, 13, 19
HEIGHT, WIDTH, CAMERA = 128, 256, Camera()
FOCAL, HORIZON = CAMERA.focal_length * WIDTH, CAMERA.horizon * HEIGHT
PER_SECOND = 17.0


def street(left=-4.0, right=4.0, end=math.inf, bend=0.0):
    """Draw a road between walls, edges in metres, that ends or bends (1 / metres to the right)."""
    labels = np.full((HEIGHT, WIDTH), BUILDING, np.uint8)
    labels[: int(HORIZON) - 30] = SKY
    below = np.arange(HEIGHT)[:, None] - HORIZON
    z = FOCAL * CAMERA.height / np.maximum(below, 0.1)
    x = (np.arange(WIDTH) - (WIDTH - 1) / 2) * z / FOCAL - bend * z**2 / 2
    labels[(below > 0) & (x > left) & (x < right) & (z < end)] = ROAD
    return labels


def road(labels):
    return road_of(labels, find_objects(labels, None, CITYSCAPES, CAMERA, seed=0, sample=1), CITYSCAPES, CAMERA)


def places(path, seconds=8.0):
    """Return x and z at every frame."""
    poses = [Drive(path, PER_SECOND, 1).pose(frame) for frame in range(0, int(seconds * PER_SECOND), 4)]
    return np.array([(pose.x, pose.z) for pose in poses]).T


def test_the_edges_of_a_road_are_told_in_metres():
    found = road(street(left=-3.0, right=5.0))
    assert found.end == math.inf
    assert found.ahead[0] < 5
    assert FARTHEST / 1.2 < found.ahead[-1] <= FARTHEST
    for z in (7.0, 12.0, 20.0, 30.0):
        left, right = found.edges(z)
        assert left == pytest.approx(-3, abs=1.5 * z / FOCAL + 0.1)
        assert right == pytest.approx(5, abs=1.5 * z / FOCAL + 0.1) or (z < 11 and right == math.inf)
    assert found.edges(200.0) == found.edges(found.ahead[-1])


def test_a_road_ends_at_a_wall_and_a_camera_in_a_wall_has_none():
    assert road(street(end=20.0)).end == pytest.approx(20, rel=0.06)
    assert road(street(left=2.0, right=9.0)) is None


def test_where_a_road_ends_soon_all_ground_is_road():
    labels = street()
    side = street(left=-8.0, right=8.0)
    labels[(labels == BUILDING) & (side == ROAD)] = SIDEWALK
    assert road(labels).edges(20.0)[1] == pytest.approx(4, abs=0.3)
    labels[(street(end=10.0) != ROAD) & (side == ROAD)] = SIDEWALK  # a square behind the road
    square = road(labels)
    assert square.end == math.inf
    assert square.edges(20.0)[1] == pytest.approx(8, abs=0.3)


def test_the_bonnet_and_a_car_ahead_are_no_obstacles_and_a_parked_one_is():
    labels = street()
    plain = road(labels)
    labels[115:] = OTHER
    labels[50:80, 118:138] = CAR
    ahead = road(labels)
    assert ahead.end == math.inf
    assert ahead.edges(20.0) == plain.edges(20.0)
    labels = street()
    row = int(HORIZON + FOCAL * CAMERA.height / 12)  # its foot is 12 metres ahead
    labels[row - 30 : row, 180:215] = CAR
    parked = road(labels)
    assert plain.edges(14.0)[1] == pytest.approx(4, abs=0.2)
    assert parked.edges(14.0)[1] == pytest.approx((180 - 127.5) * 14 / FOCAL, abs=0.3)


@pytest.mark.parametrize("yaw", [-12.0, -3.0, 0.0, 5.0, 12.0])
@pytest.mark.parametrize("forward", [3.0, 8.0, 14.0])
@pytest.mark.parametrize("bend", [0.0, 0.01, -0.01])
def test_a_path_stays_between_the_edges(forward, yaw, bend):
    found = road(street(bend=bend))
    x, z = places(RoadPath(steady(forward, yaw), found))
    seen = z < 35  # behind, a row of pixels is many metres
    edges = np.array([found.edges(at) for at in z[seen]])
    assert (x[seen] > edges[:, 0] + MARGIN / 3).all()
    assert (x[seen] < edges[:, 1] - MARGIN / 3).all()
    assert z[-1] > 0.9 * min(forward * 7.5, 30)  # and gets on


def test_a_path_that_keeps_to_the_road_by_itself_is_left_alone():
    path = steady(8.0, 0.1, 0.3)
    seconds = np.arange(0, 2, 1 / PER_SECOND)
    np.testing.assert_array_equal(RoadPath(path, road(street(-6, 6))).rates(seconds), path.rates(seconds))


def test_a_path_stops_before_the_road_ends_and_brakes_as_people_do():
    path = RoadPath(steady(8.0), road(street(end=40.0)))
    _, z = places(path, 14.0)
    assert z[-1] == pytest.approx(40 - STOPS_BEFORE, abs=2.0)
    speed = path.rates(np.arange(0, 14, 0.1))[:, 0]
    assert speed[0] == 8
    assert speed[-1] == pytest.approx(0, abs=0.3)
    assert np.diff(speed).min() > -2 * BRAKING * 0.1
    assert speed.min() > -0.01


def test_no_car_turns_on_the_spot_nor_skids():
    found = road(street(-30, 30))
    assert RoadPath(steady(0.0, 9.0), found).rates(np.arange(3.0))[:, 1].tolist() == [0, 0, 0]
    speed, turn = 12.0, RoadPath(steady(12.0, 60.0), found).rates(np.arange(0, 3, 0.1))[:, 1]
    assert speed * np.deg2rad(turn).max() <= SIDEWAYS + 1e-9


def test_driving_backwards_is_left_alone():
    path = steady(-2.0)
    seconds = np.arange(0, 5, 0.2)
    np.testing.assert_array_equal(RoadPath(path, road(street())).rates(seconds), path.rates(seconds))


def test_a_longer_clip_begins_with_the_shorter_one_in_whatever_order_moments_are_asked_for():
    def path():
        return RoadPath(drawn_path(motion_latent(6, 1, PATH_CODE) * 2), road(street()))

    seconds = np.arange(0, 9, 1 / PER_SECOND)
    whole, parts = path(), path()
    expected = whole.rates(seconds)
    for start in (40, 0, 100, 20):
        np.testing.assert_array_equal(parts.rates(seconds[start : start + 30]), expected[start : start + 30])
    assert np.abs(expected - drawn_path(motion_latent(6, 1, PATH_CODE) * 2).rates(seconds)).max() > 1


def test_a_scene_is_driven_through_on_the_road_or_as_the_path_says(make_model):
    card = read_card(make_model(camera={}))
    turning = steady(8.0, 8.0)

    def path(**changes):
        return driven(card, street(), None, turning, PER_SECOND, seed=0, sample=1, **changes).drive.path

    assert path() is turning
    on_road, _ = places(path(on_road=True), 4.0)
    straight_on, _ = places(turning, 4.0)
    assert straight_on.max() > 4
    assert on_road.max() < 4 - MARGIN / 2
