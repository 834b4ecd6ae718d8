"""How large first frames are painted in steps; the image stage is one that shows what it was given."""

from dataclasses import replace

import numpy as np
import pytest

from seg2vid_interface.clips import ClipRequest
from seg2vid_interface.label_spaces import CITYSCAPES
from seg2vid_interface.model_card import ModelCard, StageCard
from seg2vid_interface.painter import paint, painting_sizes

STAGE = StageCard(
    network={}, files={}, parameters=0, gflop_per_frame=0, preset="", steps=0, seed=0, data="", data_licence=""
)
CARD = ModelCard(
    name="painter",
    description="",
    licence="MIT",
    label_space=CITYSCAPES,
    height=32,
    width=64,
    chunk_frames=1,
    frames_per_second=1,
    latent_size=0,
    style_size=2,
    texture=True,
    hints=True,
    sizes={"multiple": 32},
    stages={"image": STAGE},
)


def request(size, **changes) -> ClipRequest:
    numbers = np.random.default_rng(0)
    plain = ClipRequest(
        label_map=numbers.integers(0, 20, size, np.uint8),
        first_frame=None,
        latent=np.zeros(0, np.float32),
        style=np.array([1, 2], np.float32),
        chunk_noise=lambda chunk: np.zeros(0, np.float32),
        frames=1,
        texture=numbers.standard_normal((4, *size), np.float32),
    )
    return replace(plain, **changes)


class Recorder:
    """An image stage that notes its inputs, and paints grey where it knows nothing."""

    def __init__(self):
        self.calls = []

    def __call__(self, size, inputs):
        self.calls.append((size, inputs))
        return np.where(inputs["trust"] > 0.8, inputs["hint"], np.float32(0.25 * len(self.calls)))


@pytest.mark.parametrize(
    ("size", "steps"),
    [
        ((32, 64), [(32, 64)]),
        ((64, 64), [(64, 64)]),  # twice the area is no reason yet
        ((64, 128), [(32, 64), (64, 128)]),
        ((128, 256), [(32, 64), (64, 128), (128, 256)]),
        ((96, 192), [(32, 64), (64, 96), (96, 192)]),  # as multiples of 32
    ],
)
def test_a_frame_is_painted_from_about_the_models_size_on(size, steps):
    assert painting_sizes(CARD, size) == steps
    assert painting_sizes(CARD.model_copy(update={"hints": False}), size) == [size]


def test_each_step_sees_the_one_before_as_a_hint_magnified_twice():
    paints, wanted = Recorder(), request((64, 128))
    frame = paint([wanted], CARD, (64, 128), paints)
    (small, first), (large, second) = paints.calls
    assert (small, large) == ((32, 64), (64, 128))
    assert {name: array.shape for name, array in first.items()} == {
        "labels": (1, 20, 32, 64),
        "style": (1, 2),
        "texture": (1, 4, 32, 64),
        "hint": (1, 3, 32, 64),
        "trust": (1, 1, 32, 64),
    }
    assert not first["trust"].any()
    np.testing.assert_array_equal(first["labels"][0].argmax(0), wanted.label_map[1::2, 1::2])
    np.testing.assert_array_equal(second["labels"][0].argmax(0), wanted.label_map)
    np.testing.assert_array_equal(second["texture"][0], wanted.texture)
    np.testing.assert_array_equal(second["trust"], np.full((1, 1, 64, 128), 0.5, np.float32))
    np.testing.assert_allclose(second["hint"], 0.25, atol=1e-6)
    np.testing.assert_allclose(frame, 0.5)


def test_what_is_known_of_a_large_frame_is_known_in_every_step():
    trust = np.zeros((64, 128), np.float32)
    trust[:, :64] = 1
    known = np.full((64, 128, 3), 200, np.uint8)
    paints = Recorder()
    frame = paint([request((64, 128), hint=known, trust=trust)], CARD, (64, 128), paints)
    (_, first), (_, second) = paints.calls
    np.testing.assert_array_equal(first["trust"][0, 0], np.repeat([[1.0, 0.0]], 32, 1).repeat(32, 0))
    np.testing.assert_array_equal(np.unique(second["trust"]), [0.5, 1])
    np.testing.assert_array_equal(frame[..., :64], np.full((1, 3, 64, 64), np.float32(200) / np.float32(255)))
    np.testing.assert_allclose(frame[..., 64:], 0.5)
