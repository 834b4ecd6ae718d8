"""Exact motions: a map from the reference frame's points to frame t's gives all three flows in closed form."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from seg2vid_interface.neighbour_flow import neighbour_flow, onward_flow

HEIGHT, WIDTH, CHUNK = 64, 96, 4
CENTER = np.array([WIDTH / 2, HEIGHT / 2])
Motion = Callable[[int], tuple[NDArray[np.float64], NDArray[np.float64]]]
"""t -> (A, s): what stands at p in the reference frame stands at A (p - CENTER) + CENTER + s in frame t."""


def translation(t: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return np.eye(2), np.array([1.5, -0.7]) * t


def zoom(t: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return np.eye(2) * 1.04**t, np.zeros(2)


def rotation(t: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    angle = 0.03 * t
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return turn, np.array([0.4, 0.2]) * t


def pixels() -> NDArray[np.float64]:
    return np.stack(np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT)), axis=-1).astype(np.float64)


def move(points: NDArray[np.float64], motion: Motion, t: int) -> NDArray[np.float64]:
    matrix, shift = motion(t)
    return (points - CENTER) @ matrix.T + CENTER + shift


def move_back(points: NDArray[np.float64], motion: Motion, t: int) -> NDArray[np.float64]:
    matrix, shift = motion(t)
    return (points - CENTER - shift) @ np.linalg.inv(matrix).T + CENTER


def exact_flows(motion: Motion) -> tuple[NDArray[np.float32], ...]:
    """Return the forward, backward and neighbour flow of frames 1 to CHUNK."""
    p = pixels()
    times = range(1, CHUNK + 1)
    forward = [p - move_back(p, motion, t) for t in times]
    backward = [p - move(p, motion, t) for t in times]
    neighbour = [p - move(move_back(p, motion, t), motion, t - 1) for t in times]
    return tuple(np.array(flow, np.float32) for flow in (forward, backward, neighbour))


@pytest.mark.parametrize("motion", [translation, zoom, rotation])
def test_an_exact_motion_is_recovered(motion: Motion) -> None:
    forward, backward, expected = exact_flows(motion)
    flow = neighbour_flow(forward, backward)
    assert flow.dtype == np.float32
    interior = (slice(None), slice(12, -12), slice(12, -12))
    assert np.abs(flow[interior] - expected[interior]).max() < 0.02
    assert np.abs(expected[interior]).max() > 0.5


@pytest.mark.parametrize("motion", [translation, zoom, rotation])
def test_a_bad_backward_flow_is_mended_by_the_forward_flow(motion: Motion) -> None:
    forward, backward, expected = exact_flows(motion)
    flow = neighbour_flow(forward, np.zeros_like(backward))
    interior = (slice(None), slice(16, -16), slice(16, -16))
    assert np.abs(flow[interior] - expected[interior]).max() < 0.02


def test_the_first_frame_of_a_chunk_has_the_forward_flow_itself() -> None:
    forward, backward, _ = exact_flows(rotation)
    np.testing.assert_array_equal(neighbour_flow(forward, backward)[0], forward[0])


def test_torn_flow_keeps_the_first_guess() -> None:
    # f(r) = 3 r - 30: every fixed-point step triples the error, but the exact backward flow is right from the start.
    p = pixels()
    forward = np.stack([np.zeros_like(p), np.zeros_like(p)]).astype(np.float32)
    forward[0] = 3 * p - 30
    backward = np.zeros_like(forward)
    # q = p, and r - (3 r - 30) = q gives r = (30 - q) / 2, so b(q) = q - r = (3 q - 30) / 2
    backward[0] = (3 * p - 30) / 2
    flow = neighbour_flow(forward, backward)[1]
    r = (30 - p) / 2
    inside = (r >= 0).all(axis=-1) & (r[..., 0] < WIDTH - 1) & (r[..., 1] < HEIGHT - 1)
    assert inside.sum() > 500
    np.testing.assert_allclose(flow[inside], (p - r)[inside], atol=1e-3)


def test_motion_across_the_border_stays_finite() -> None:
    forward = np.full((3, HEIGHT, WIDTH, 2), 500, np.float32)
    assert np.isfinite(neighbour_flow(forward, -forward)).all()


@pytest.mark.parametrize("motion", [translation, zoom, rotation])
def test_onward_an_exact_motion_is_recovered(motion: Motion) -> None:
    forward, backward, _ = exact_flows(motion)
    flow, valid = onward_flow(forward, backward)
    p = pixels()
    expected = np.array([move(move_back(p, motion, t - 1), motion, t) - p for t in range(1, CHUNK + 1)])
    interior = (slice(None), slice(12, -12), slice(12, -12))
    assert (flow.dtype, valid.dtype) == (np.float32, np.bool_)
    assert valid[interior].all()
    assert np.abs(flow[interior] - expected[interior]).max() < 0.02


def test_both_directions_of_a_small_step() -> None:
    """All moves by (2, 1): ours says so on the later frame's grid, the onward flow on the earlier one's."""
    moved = np.arange(1, CHUNK + 1, dtype=np.float32)[:, None, None, None] * np.float32((2, 1))
    forward = np.ascontiguousarray(np.broadcast_to(moved, (CHUNK, HEIGHT, WIDTH, 2)))
    flow, valid = onward_flow(forward, -forward)
    np.testing.assert_allclose(flow, np.broadcast_to(np.float32((2, 1)), flow.shape), atol=1e-5)
    np.testing.assert_allclose(neighbour_flow(forward, -forward), flow, atol=1e-5)
    stays = np.zeros((HEIGHT, WIDTH), bool)
    stays[:-1, :-2] = True  # what steps out of the picture is not valid
    np.testing.assert_array_equal(valid, np.broadcast_to(stays, valid.shape))


BACKGROUND, CAR = np.array([-1.0, 0.0]), np.array([3.0, 1.0])


def car(t: int) -> NDArray[np.bool_]:
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    return (abs(x - 30 - 3 * t) < 10) & (abs(y - 28 - t) < 8)


def layered_flows() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the forward and backward flow of a car that moves before a background."""
    forward = [np.where(car(t)[..., None], CAR * t, BACKGROUND * t) for t in range(1, CHUNK + 1)]
    backward = [-np.where(car(0)[..., None], CAR * t, BACKGROUND * t) for t in range(1, CHUNK + 1)]
    return np.array(forward, np.float32), np.array(backward, np.float32)


def test_what_was_uncovered_in_the_chunk_moves_as_what_it_is() -> None:
    flow = neighbour_flow(*layered_flows())
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    for t in range(2, CHUNK + 1):
        uncovered = car(0) & ~car(t) & ~car(t - 1)[y, np.minimum(x + 1, WIDTH - 1)] & ~car(t - 1)
        # Beside an edge of the flow it is interpolated across it.
        uncovered[:, 1:] &= ~car(t - 1)[:, :-1]
        uncovered[1:] &= ~car(t - 1)[:-1]
        assert uncovered.sum() > 20
        np.testing.assert_allclose(flow[t - 1][uncovered], np.broadcast_to(BACKGROUND, (uncovered.sum(), 2)), atol=0.1)


def test_onward_what_gets_hidden_is_not_valid() -> None:
    flow, valid = onward_flow(*layered_flows())
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    for t in range(1, CHUNK + 1):
        before, after = car(t - 1), car(t)
        left = np.maximum(x - 1, 0)  # where the background goes
        hidden = ~before & after[y, left]
        leaves = ~before & (x == 0)
        assert not valid[t - 1][hidden | leaves].any()
        seen = ~hidden & ~leaves
        assert (seen & ~valid[t - 1]).sum() < 20  # at corners of the car
        exact = np.where(before[..., None], CAR, BACKGROUND)
        wrong = np.abs(flow[t - 1] - exact).max(-1) > 0.1
        assert (wrong & valid[t - 1]).sum() <= 1
    assert np.isfinite(flow).all()
