"""How far two sessions are apart."""

from dataclasses import replace

import numpy as np
import pytest

from fake_backend import FakeSession
from seg2vid_interface.agreement import Difference, compare_clips, measure_agreement
from seg2vid_interface.backend import OpenOptions
from seg2vid_interface.clips import Chunk
from seg2vid_interface.model_card import ModelFolder, read_card

ZERO = np.zeros((2, 4, 5, 2), np.float32)


def clip(*, value: int = 100, later: int = 100, flow: float = 0, label: int = 0) -> list[Chunk]:
    """Return a first frame, which is not compared, and two chunks; of the first one pixel differs from 100."""
    first, second = (np.full((2, 4, 5, 3), level, np.uint8) for level in (100, later))
    first[0, 0, 0, 0] = value
    labels = np.zeros((2, 4, 5), np.uint8)
    labels[0, 0, 0] = label
    chunk = Chunk(1, first, ZERO, ZERO + np.float32(flow), ZERO[..., 0], labels)
    return [Chunk(0, first[:1]), chunk, replace(chunk, start=3, frames=second)]


def test_equal_clips_agree():
    agreement = compare_clips([(clip(), clip())], "fp32")
    assert (agreement.chunk_share, agreement.clip_share, agreement.psnr, agreement.problem()) == (1, 1, 100, None)
    assert {(d.largest, d.mean) for d in agreement.differences} == {(0, 0)}


def test_differences_are_those_of_all_chunks():
    agreement = compare_clips([(clip(), clip(value=110, flow=0.25, label=7))], "fp32")
    assert agreement.differences == (
        Difference("frames", 10, 10 / 240, "of 255"),
        Difference("forward_flow", 0, 0, "px"),
        Difference("backward_flow", 0.25, 0.25, "px"),
        Difference("occlusion", 0, 0, ""),
        Difference("labels", 1, 1 / 40, ""),  # one pixel in either chunk
    )
    assert agreement.psnr == pytest.approx(10 * np.log10(255**2 / (100 / 120)))  # of the first


@pytest.mark.parametrize(
    ("changes", "precision", "problem"),
    [
        ({"value": 102, "flow": 0.04}, "fp32", None),
        ({"value": 103}, "fp32", "0.833% of a chunk beyond 2/255 or 0.05 px"),
        ({"flow": 0.1}, "fp32", "33.333% of a chunk beyond 2/255 or 0.05 px"),
        ({"flow": float("inf")}, "fp32", "33.333% of a chunk beyond 2/255 or 0.05 px"),
        ({"later": 103}, "fp32", "only 83.33% of 24 frames agree, less than 99.9%"),
        ({"value": 110}, "bf16", None),
        ({"value": 255}, "bf16", "25.1 dB, less than 40"),
    ],
)
def test_what_is_beyond_the_tolerances_is_told(changes, precision, problem):
    assert compare_clips([(clip(), clip(**changes))], precision).problem() == problem


@pytest.fixture
def sessions(make_model):
    """Two sessions of a model, of which the second paints every first frame brighter."""
    folder = ModelFolder(path := make_model(), read_card(path))
    reference, other = (FakeSession(folder, OpenOptions()) for _ in range(2))
    other._colors = np.clip(other._colors, None, 200) + np.uint8(9)
    return reference, other


def test_depth_differs_by_a_share_and_things_differ_or_not():
    def told(depths: list[float], things: list[int]) -> list[Chunk]:
        first, second = (np.zeros((1, 1, 4, 3), np.uint8) for _ in range(2))
        depth = np.array(depths, np.float32).reshape(1, 1, 4)
        return [Chunk(0, first), Chunk(1, second, depth=depth, objects=np.array(things, np.uint8).reshape(1, 1, 4))]

    inf = float("inf")
    pairs = [(told([10, 20, inf, inf], [0, 0, 5, 2]), told([10, 25, inf, 50], [0, 0, 9, 2]))]
    _, depth, objects = compare_clips(pairs, "fp32").differences
    assert depth == Difference("depth", 1, pytest.approx(1.2 / 4), "of it")
    assert objects == Difference("objects", 1, 1 / 4, "")


def test_first_frames_count_on_their_own_and_clips_begin_with_the_references(sessions):
    agreement = measure_agreement(*sessions, sessions[0].card, samples=1, frames=4)
    outputs = ["first_frame", "frames", "forward_flow", "backward_flow", "occlusion", "labels"]
    assert [d.output for d in agreement.differences] == outputs
    assert [d.largest > 0 for d in agreement.differences] == [True, *[False] * 5]


def test_of_a_model_with_a_camera_depth_and_things_are_compared_too(make_model):
    folder = ModelFolder(path := make_model(camera={}), read_card(path))
    reference, other = (FakeSession(folder, OpenOptions()) for _ in range(2))
    agreement = measure_agreement(reference, other, folder.card, samples=1, frames=4)
    outputs = ["first_frame", "frames", "forward_flow", "backward_flow", "occlusion", "depth", "labels", "objects"]
    assert [d.output for d in agreement.differences] == outputs
    assert agreement.problem() is None
