"""Clips of an untrained model of key frames, in PyTorch: the camera drives as it is told, and the fields fit."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from key_frame_stages import FRAMES_PER_SECOND, soft_picture, street_map
from seg2vid_interface.backend import OpenOptions
from seg2vid_interface.clips import Chunk
from seg2vid_interface.driving.paths import GivenPath, steady
from seg2vid_interface.driving.scene import driven
from seg2vid_interface.label_spaces import CITYSCAPES
from seg2vid_interface.model_card import Camera
from seg2vid_interface.neighbour_flow import neighbour_flow
from seg2vid_interface.sample_scene import sample_request
from seg2vid_torch.backend import TorchBackend
from seg2vid_torch.geometry.key_frames import LARGEST
from seg2vid_torch.graphs.key_frames import MotionGraph

NAMES = [label_class.name for label_class in CITYSCAPES.classes]
ROAD, CAR = NAMES.index("road"), NAMES.index("car")
FOCAL, CAMERA_HEIGHT = 1.1, 1.2  # of the width, metres: `Camera`'s own
HORIZON = (0.44 * 64 + 0.5) / 64  # of the height, with half a pixel: where motion is told it is row 0.44 H
FRAMES = 17  # two chunks after the first frame
NEAR = 12.0  # metres: further away a motion in whole pixels says little


@dataclass(frozen=True)
class Clip:
    """A clip and what was asked for."""

    chunks: list[Chunk]
    camera: Callable[[int], NDArray[np.float32]]

    def all(self, name: str) -> NDArray[Any]:
        """Return a field of all frames."""
        return np.concatenate([getattr(chunk, name) for chunk in self.chunks])


@pytest.fixture(scope="module", params=[None, (128, 256)], ids=["own size", "larger"])
def session(key_frame_model, request):
    with TorchBackend().open(key_frame_model, OpenOptions(device="cpu", size=request.param)) as opened:
        yield opened


@pytest.fixture
def clip(session, key_frame_model):
    """Return the function path, whether a car is ahead -> clip that begins with a given picture."""

    def make(path: GivenPath, *, car: bool = False) -> Clip:
        size, card = (session.height, session.width), key_frame_model.card
        labels = street_map(*size, car=car)
        fields = frozenset({"labels", "flow", "occlusion", "depth", "objects"})
        plain = sample_request(session, card, 1, frames=FRAMES, first_frame=soft_picture(*size), fields=fields)
        scene = driven(card, labels, None, path, FRAMES_PER_SECOND, seed=0, sample=1)
        request = replace(plain, label_map=labels, **scene.fields())
        return Clip([chunk for (chunk,) in session.generate([request])], request.camera)

    return make


def pixels(field: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return x and y of the pixels of a field (H, W, ...)."""
    y, x = np.mgrid[: field.shape[0], : field.shape[1]].astype(float)
    return x, y


def in_reference(flow: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where the pixels of a frame stood, x and y from the principal point, in focal lengths."""
    height, width = flow.shape[:2]
    x, y = pixels(flow)
    x, y = x - flow[..., 0] - (width - 1) / 2, y - flow[..., 1] + 0.5 - HORIZON * height
    return x / (FOCAL * width), y / (FOCAL * width)


def metres_driven(chunk: Chunk, frame: int) -> float:
    """Return how far the road says that the camera has come since the chunk's reference frame."""
    road = (chunk.labels[frame] == ROAD) & (chunk.occlusion[frame] > 0) & (chunk.depth[frame] < NEAR)
    _, down = in_reference(chunk.forward_flow[frame])
    return float((CAMERA_HEIGHT / down - chunk.depth[frame])[road].mean())


def degrees_turned(chunk: Chunk, frame: int, axis: int) -> float:
    """Return by how much what is infinitely far says that the camera has turned to the right, or up."""
    sky = np.isinf(chunk.depth[frame]) & (chunk.occlusion[frame] > 0)
    zero = np.zeros_like(chunk.forward_flow[frame])
    before, after = in_reference(chunk.forward_flow[frame])[axis], in_reference(zero)[axis]
    sky &= np.abs(in_reference(zero)[1 - axis]) < 0.15
    turned = float(np.rad2deg((np.arctan(before) - np.arctan(after))[sky]).mean())
    return turned if axis == 0 else -turned


@pytest.mark.parametrize("speed", [8.0, -2.0])
def test_the_road_passes_at_the_speed_that_was_asked_for(clip, speed):
    for chunk in clip(steady(speed)).chunks[1:]:
        driven_metres = [metres_driven(chunk, frame) for frame in range(8)]
        np.testing.assert_allclose(driven_metres, speed * np.arange(1, 9) / FRAMES_PER_SECOND, rtol=0.01)


def test_the_camera_turns_as_fast_as_was_asked_for(clip):
    for chunk in clip(steady(8.0, 3.0)).chunks[1:]:
        turned = [degrees_turned(chunk, frame, axis=0) for frame in range(8)]
        np.testing.assert_allclose(turned, 3 * np.arange(1, 9) / FRAMES_PER_SECOND, rtol=0.02)


def test_the_camera_nods_as_fast_as_was_asked_for(clip):
    for chunk in clip(steady(0.0, 0.0, 2.0)).chunks[1:]:
        turned = [degrees_turned(chunk, frame, axis=1) for frame in range(8)]
        np.testing.assert_allclose(turned, 2 * np.arange(1, 9) / FRAMES_PER_SECOND, rtol=0.02)


def test_a_camera_that_stands_sees_the_same_picture(clip):
    """Byte for byte, although half of the frames are sampled from two key frames, of which one was painted."""
    still = clip(steady())
    frames, depth = still.all("frames"), still.all("depth")
    np.testing.assert_array_equal(frames, np.broadcast_to(soft_picture(*frames.shape[1:3]), frames.shape))
    np.testing.assert_array_equal(still.all("forward_flow"), 0)
    np.testing.assert_array_equal(still.all("backward_flow"), 0)
    np.testing.assert_array_equal(still.all("occlusion"), 1)
    np.testing.assert_array_equal(still.all("labels"), np.broadcast_to(street_map(*frames.shape[1:3]), depth.shape))
    np.testing.assert_allclose(depth[1:], np.broadcast_to(depth[1], depth[1:].shape), rtol=1e-5)
    near = (depth[1] < NEAR) & (depth[1] > 0)
    np.testing.assert_allclose(depth[0][near], depth[1][near], rtol=0.03)  # the first frame's has the motion's size


def test_driving_back_shows_something_at_the_border(clip):
    """It has a label, a picture and a depth, though no frame has shown it before."""
    last = clip(steady(-2.0)).chunks[-1]
    hidden = last.occlusion[-1] == 0
    assert 0.05 < hidden.mean() < 0.5
    assert hidden[:, 0].mean() > 0.5
    assert set(np.unique(last.labels[-1])) <= set(np.unique(street_map()))
    assert (last.depth[-1] > 0).all()
    assert last.frames[-1][hidden].std() > 5


@pytest.mark.parametrize("path", [steady(8.0), steady(4.0, 6.0), steady(-2.0)], ids=["forward", "turning", "back"])
def test_pictures_and_labels_move_with_the_saved_flow(clip, path):
    """Pixel p of a frame shows what stood at p - flow(p) in the frame before, where that is visible."""
    chunks = clip(path).chunks
    before = chunks[0]
    for chunk in chunks[1:]:
        flows = neighbour_flow(chunk.forward_flow, chunk.backward_flow)
        frames, labels = [before.frames[-1], *chunk.frames], [before.labels[-1], *chunk.labels]
        for frame, flow in enumerate(flows):
            x, y = pixels(flow)
            x, y = x - flow[..., 0], y - flow[..., 1]
            size = chunk.labels.shape[1:]
            seen = (chunk.occlusion[frame] > 0) & (x >= 0) & (x <= size[1] - 1) & (y >= 0) & (y <= size[0] - 1)
            moved = sampled(frames[frame], x, y)
            assert np.abs(moved - chunk.frames[frame])[seen].mean() < 4
            nearest = np.rint(y).astype(int).clip(0, size[0] - 1), np.rint(x).astype(int).clip(0, size[1] - 1)
            assert (labels[frame][nearest] == labels[frame + 1])[seen].mean() > 0.98
        before = chunk


def sampled(picture: NDArray[np.uint8], x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sample a picture (H, W, 3) linearly at positions (H, W)."""
    height, width = picture.shape[:2]
    x, y = x.clip(0, width - 1), y.clip(0, height - 1)
    left, top = np.floor(x).astype(int).clip(0, width - 2), np.floor(y).astype(int).clip(0, height - 2)
    right, low = (x - left)[..., None], (y - top)[..., None]
    upper = picture[top, left] * (1 - right) + picture[top, left + 1] * right
    lower = picture[top + 1, left] * (1 - right) + picture[top + 1, left + 1] * right
    return upper * (1 - low) + lower * low


def test_what_the_camera_nears_has_been_seen(clip):
    """Driving straight ahead it sees no road that the key frame before has not shown, only larger."""
    for chunk in clip(steady(8.0)).chunks[1:]:
        for labels, visible in zip(chunk.labels, chunk.occlusion, strict=True):
            assert visible[labels == ROAD].mean() > 0.95


def test_no_key_frame_pops_up(clip):
    """The frames before it are made of it too: it differs from the last of them hardly more than they do."""
    for chunk in clip(steady(8.0)).chunks[1:]:
        steps = np.abs(np.diff(chunk.frames.astype(float), axis=0)).mean((1, 2, 3))
        assert steps[-1] < 1.5 * np.median(steps)


def test_depth_agrees_with_the_flow_under_the_camera(clip):
    """A pixel's point, seen from where the camera stood at the reference frame, lies where the flow leads."""
    told = clip(steady(6.0, 5.0))
    for number, chunk in enumerate(told.chunks[1:]):
        steps = told.camera(number)
        for frame, flow in enumerate(chunk.forward_flow):
            forward, turned = steps[1 : frame + 2, 0], steps[1 : frame + 2, 1]
            heading = np.cumsum(turned)
            ahead = (forward * np.cos(heading - turned / 2)).sum()
            right = (forward * np.sin(heading - turned / 2)).sum()
            x, y = in_reference(np.zeros_like(flow))
            depth = chunk.depth[frame]
            static = np.isfinite(depth) & (chunk.occlusion[frame] > 0)
            x, y, z = (part[static] for part in (x * depth, y * depth, depth))
            sine, cosine = np.sin(heading[-1]), np.cos(heading[-1])
            x, z = x * cosine + z * sine + right, z * cosine - x * sine + ahead
            error = np.hypot(x / z - in_reference(flow)[0][static], y / z - in_reference(flow)[1][static])
            in_pixels = error * FOCAL * flow.shape[1]
            assert np.median(in_pixels) < 0.05
            assert np.percentile(in_pixels, 95) < 0.01 * flow.shape[1]


def test_a_car_ahead_keeps_its_place_and_distance_and_the_road_passes_below(clip):
    told = clip(steady(8.0), car=True)
    objects, labels, depth = (told.all(name) for name in ("objects", "labels", "depth"))
    car = labels[0] == CAR
    np.testing.assert_array_equal(objects[0] > 0, car)
    assert (labels[objects > 0] == CAR).all()  # its shadow is no part of it
    for frame in range(FRAMES):
        assert np.count_nonzero((objects[frame] > 0) != car) <= 0.1 * np.count_nonzero(car)
        assert np.median(depth[frame][car]) == pytest.approx(np.median(depth[0][car]), rel=1e-4)
    for chunk in told.chunks[1:]:
        assert np.percentile(np.abs(chunk.forward_flow[:, car]), 90) < 1e-3  # its edge may lie between pixels
        assert metres_driven(chunk, 7) == pytest.approx(8 * 8 / FRAMES_PER_SECOND, rel=0.05)


def test_what_is_driven_into_for_ever_stays_a_number():
    graph, height, width = MotionGraph(CITYSCAPES, Camera()), 16, 32
    labels = torch.full((1, height, width), NAMES.index("building"), dtype=torch.uint8)
    labels[:, height // 2 :] = ROAD
    inputs = {
        "label_map": labels,
        "object_map": torch.zeros_like(labels),
        "inverse_depth": torch.full((1, height, width), 20.0),
        "camera": torch.tensor([[[0.0, 0.0, 0.0]] + [[0.5, 0.0, 0.0]] * 4]),
        "object_motion": torch.zeros(1, 256, 4),
    }
    for _ in range(100):
        told = graph(**inputs)
        assert all(numbers.isfinite().all() for numbers in told.values() if numbers.is_floating_point())
        inputs["inverse_depth"] = told["next_inverse_depth"]
    assert inputs["inverse_depth"].max() == LARGEST, "or this proves nothing"
