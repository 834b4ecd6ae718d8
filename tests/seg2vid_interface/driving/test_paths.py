"""How fast a camera is, where it stands, and that both are the same for a longer clip."""

import math

import numpy as np
import pytest

from seg2vid_interface.driving.paths import (
    NAMED_PATHS,
    PATH_CODE,
    DrawnPath,
    Drive,
    GivenPath,
    Pose,
    drawn_path,
    steady,
)
from seg2vid_interface.latents import motion_latent

FPS, CHUNK = 17.0, 8
SOME_PATH = GivenPath((0.0, 0.5, 2.0), ((8.0, 0.0, 1.0), (3.0, 20.0, -2.0), (-2.0, -15.0, 0.5)))


def drawn(seed: int) -> DrawnPath:
    return drawn_path(motion_latent(seed, 1, PATH_CODE))


def all_steps(drive: Drive, chunks: int) -> np.ndarray:
    """Return the steps of all frames but the first, (N, 3)."""
    return np.concatenate([drive.steps(chunk)[1:] for chunk in range(chunks)])


def test_steps_are_metres_and_radians_since_the_frame_before_and_the_tilt():
    steps = Drive(steady(8.0, 3.0, -1.5), FPS, CHUNK).steps(0)
    assert (steps.dtype, steps.shape) == (np.float32, (CHUNK + 1, 3))
    np.testing.assert_array_equal(steps[0], 0)
    expected = [(8 / FPS, math.radians(3 / FPS), -math.radians(1.5 / FPS) * frame) for frame in range(1, CHUNK + 1)]
    np.testing.assert_allclose(steps[1:], expected, rtol=1e-6)


def test_a_chunk_s_reference_frame_has_its_tilt_and_no_step():
    drive = Drive(SOME_PATH, FPS, CHUNK)
    for chunk in range(1, 5):
        np.testing.assert_array_equal(drive.steps(chunk)[0], (0, 0, drive.steps(chunk - 1)[-1, 2]))


def test_the_sums_are_the_path_s_integrals():
    frames = 5 * CHUNK
    steps = all_steps(Drive(SOME_PATH, 20.0, CHUNK), 5)  # whose frames meet the rows
    driven = [0.5 * (8 + 3) / 2 + 1.5 * (3 - 2) / 2, 0.5 * 20 / 2 + 1.5 * (20 - 15) / 2]
    driven_pitch = 0.5 * (1 - 2) / 2 + 1.5 * (-2 + 0.5) / 2
    assert steps[:frames, 0].sum() == pytest.approx(driven[0], rel=1e-6)
    assert steps[:frames, 1].sum() == pytest.approx(math.radians(driven[1]), rel=1e-6)
    assert steps[-1, 2] == pytest.approx(math.radians(driven_pitch), rel=1e-6)


def test_the_first_and_the_last_row_last():
    path = GivenPath((1.0, 2.0), ((4.0, 1.0, 0.0), (6.0, -1.0, 2.0)))
    rates = path.rates(np.array([-5.0, 1.0, 1.25, 2.0, 99.0]))
    np.testing.assert_array_equal(rates, [(4, 1, 0), (4, 1, 0), (4.5, 0.5, 0.5), (6, -1, 2), (6, -1, 2)])


@pytest.mark.parametrize("path", [SOME_PATH, *map(drawn, range(5))])
def test_a_longer_drive_begins_with_the_shorter_one(path):
    """Whichever chunk is asked for first, and whatever is asked for again."""
    drive, long = Drive(path, FPS, CHUNK), Drive(path, FPS, CHUNK)
    assert long.steps(40).shape == (CHUNK + 1, 3)
    for chunk in (0, 3, 1, 3):
        assert drive.steps(chunk).tobytes() == long.steps(chunk).tobytes()
        later = np.concatenate([long.steps(c)[1:] for c in range(chunk, 12)])
        assert drive.steps(chunk)[1:].tobytes() == later[:CHUNK].tobytes()


@pytest.mark.parametrize("path", [*map(drawn, range(5))])
def test_speeds_do_not_depend_on_the_frame_rate(path):
    slow, fast = Drive(path, 10.0, 10), Drive(path, 40.0, 40)
    for chunk in range(4):  # a second each
        a, b = slow.pose(chunk), fast.pose(chunk)
        assert (a.x, a.z, a.heading) == pytest.approx((b.x, b.z, b.heading), abs=0.03)


def test_a_camera_that_turns_stands_on_a_circle():
    drive = Drive(steady(6.0, 30.0), 20.0, 20)
    radius = 6 / math.radians(30)
    for seconds in range(7):
        angle = math.radians(30 * seconds)
        pose = drive.pose(seconds)
        assert pose.heading == pytest.approx(angle)
        assert (pose.x, pose.z) == pytest.approx((radius * (1 - math.cos(angle)), radius * math.sin(angle)), rel=1e-3)


def test_metres_that_it_backed():
    drive = Drive(GivenPath((0.0, 1.0, 2.0, 3.0), ((4, 0, 0), (0, 0, 0), (-2, 0, 0), (-2, 0, 0))), 10.0, 10)
    assert [drive.pose(chunk).backed for chunk in range(5)] == pytest.approx([0, 0, 1, 3, 5])
    assert [drive.pose(chunk).z for chunk in range(5)] == pytest.approx([0, 2, 1, -1, -3])


def test_what_a_camera_sees():
    assert Pose(0, 0, 0, 0).sees(2, 5) == (2, 5)
    right = Pose(x=1, z=2, heading=math.pi / 2, backed=0)  # which looks along x
    assert right.sees(4, 2) == pytest.approx((0, 3))
    assert right.sees(1, 4) == pytest.approx((-2, 0))


def test_named_paths():
    seconds = np.array([0.0, 1.0, 5.0])
    rates = {name: path.rates(seconds).tolist() for name, path in NAMED_PATHS.items()}
    assert rates == {
        "still": [[0, 0, 0]] * 3,
        "straight": [[8, 0, 0]] * 3,
        "left": [[6, -8, 0]] * 3,
        "right": [[6, 8, 0]] * 3,
        "brake": [[9, 0, 0], [4.5, 0, 0], [0, 0, 0]],
        "reverse": [[-2, 0, 0]] * 3,
    }


def test_drawn_paths_are_spread_as_driving_is():
    """At every moment alike: 4% stand, 1.4% drive back, the others drive 6.5 m/s and a spread of 4."""
    paths = [drawn(seed) for seed in range(4000)]
    for moment in (0.0, 1.7, 60.0):
        forward, yaw, pitch = np.stack([path.rates(np.array([moment]))[0] for path in paths], 1)
        assert (forward == 0).mean() == pytest.approx(0.041, abs=0.01)
        assert (forward < 0).mean() == pytest.approx(0.014, abs=0.006)
        assert np.median(forward) == pytest.approx(6.5, abs=0.3)
        assert forward[forward > 0].std() == pytest.approx(3.6, abs=0.15)
        assert (yaw.mean(), yaw.std()) == pytest.approx((0, 3), abs=0.2)
        assert (pitch.mean(), pitch.std()) == pytest.approx((0, 0.35), abs=0.02)


def test_drawn_paths_are_smooth_and_differ_along_the_clip():
    seconds = np.arange(400) / 20
    rates = np.stack([drawn(seed).rates(seconds) for seed in range(300)])
    change = np.abs(np.diff(rates, axis=1)) * 20
    assert change[..., 0].max() < 8  # m/s^2
    assert change[..., 1].max() < 8  # degrees/s^2
    assert np.ptp(rates, 1).mean(0) == pytest.approx((5, 4.2, 0.87), rel=0.1)


def test_a_drawn_camera_does_not_look_up_for_ever():
    tilts = [all_steps(Drive(drawn(seed), FPS, 17), 20)[:, 2] for seed in range(100)]
    assert np.degrees(np.abs(tilts).max()) < 0.6
