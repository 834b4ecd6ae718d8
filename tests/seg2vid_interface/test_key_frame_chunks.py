"""Clips of key frames out of graphs, which here note what they are given and make numbers up."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fake_backend import FakeSession
from seg2vid_interface.backend import OpenOptions
from seg2vid_interface.clips import Field
from seg2vid_interface.driving.paths import steady
from seg2vid_interface.driving.scene import driven
from seg2vid_interface.graph_results import Results
from seg2vid_interface.graphs import GraphName, inputs_of, open_sides, outputs_of
from seg2vid_interface.key_frame_chunks import key_frame_chunks, metres
from seg2vid_interface.label_spaces import CITYSCAPES
from seg2vid_interface.model_card import Camera, ModelFolder, read_card
from seg2vid_interface.sample_scene import sample_request

ALL: frozenset[Field] = frozenset({"labels", "flow", "occlusion", "depth", "objects"})
NUMBERS: dict[GraphName, int] = {"depth": 1, "motion": 20, "known": 30, "image": 40, "between": 50, "fields": 60}
"""What the numbers that a graph gives begin with; each of its runs gives one more."""


class FakeGraphs:
    """Runs graphs: every number of an output is that of the run, so that one can tell where it goes."""

    def __init__(self, card, size: tuple[int, int]) -> None:
        self.card, self.size = card, size
        self.runs: dict[GraphName, list[dict[str, Any]]] = {name: [] for name in NUMBERS}

    def __call__(self, name: GraphName, inputs: Mapping[str, Any], outputs: Sequence[str]) -> Results:
        """Check the inputs against the format."""
        count = len(next(iter(inputs.values())))
        sides = {"N": count, **open_sides(self.card, *self.size)}
        wanted = {tensor.name: tensor for tensor in inputs_of(name, self.card)}
        assert list(inputs) == list(wanted)
        for key, tensor in wanted.items():
            shape = tuple(sides.get(side, side) for side in tensor.shape)
            assert (inputs[key].shape, inputs[key].dtype.name) == (shape, tensor.dtype), f"{key} of {name}"
        number = NUMBERS[name] + len(self.runs[name])
        self.runs[name].append(dict(inputs))
        values = {
            tensor.name: np.full([sides.get(side, side) for side in tensor.shape], number, tensor.dtype)
            for tensor in outputs_of(name, self.card)
        }
        assert list(values) == list(outputs)
        return Results(self, values)

    def run(self, inputs: Mapping[str, Any], outputs: Sequence[str]) -> dict[str, Any]:
        raise NotImplementedError

    def fetch(self, value: NDArray[Any]) -> NDArray[Any]:
        return value.copy()

    @property
    def counts(self) -> dict[GraphName, int]:
        return {name: len(runs) for name, runs in self.runs.items()}


@pytest.fixture
def card(make_model):
    return read_card(make_model(camera={}))


def request_of(card, size=(32, 64), sample=1, **changes):
    session = FakeSession(ModelFolder(None, card), OpenOptions(size=size))
    plain = sample_request(session, card, sample, frames=changes.pop("frames", 10), fields=changes.pop("fields", ALL))
    scene = driven(card, plain.label_map, None, steady(8.0), card.frames_per_second, seed=0, sample=sample)
    return replace(plain, **scene.fields(), **changes)


def pictures(count: int, size: tuple[int, int]) -> NDArray[np.float32]:
    return np.random.default_rng(0).random((count, 3, *size), np.float32)


def test_graphs_run_once_a_chunk_and_fields_only_where_they_are_asked_for(card):
    plain, whole = FakeGraphs(card, (32, 64)), FakeGraphs(card, (32, 64))
    first = pictures(1, (32, 64))
    assert len(list(key_frame_chunks([request_of(card, fields=frozenset())], first, card, plain))) == 4
    once_a_chunk = {"depth": 1, "motion": 3, "known": 3, "image": 3, "between": 3}
    assert plain.counts == once_a_chunk | {"fields": 0}
    list(key_frame_chunks([request_of(card)], first, card, whole))
    assert whole.counts == once_a_chunk | {"fields": 3}


def test_chunks_are_made_when_they_are_asked_for(card):
    """Motion, which needs no picture, may be told ahead."""
    graphs = FakeGraphs(card, (32, 64))
    painted = [
        graphs.counts["between"] for _ in key_frame_chunks([request_of(card)], pictures(1, (32, 64)), card, graphs)
    ]
    assert painted == [0, 1, 2, 3]


def test_a_clip_can_be_left_unfinished(card):
    graphs = FakeGraphs(card, (32, 64))
    chunks = key_frame_chunks([request_of(card, frames=400)], pictures(1, (32, 64)), card, graphs)
    next(chunks), next(chunks)
    chunks.close()
    assert graphs.counts["between"] == 1
    assert graphs.counts["motion"] < 10


def test_chunks_are_what_the_graphs_gave_and_the_last_is_cut(card):
    graphs, first = FakeGraphs(card, (32, 64)), pictures(1, (32, 64))
    chunks = [chunk for (chunk,) in key_frame_chunks([request_of(card)], first, card, graphs)]
    assert [chunk.start for chunk in chunks] == [0, 1, 5, 9]
    assert [len(chunk.frames) for chunk in chunks] == [1, 4, 4, 1]
    np.testing.assert_array_equal(chunks[0].frames[0], np.rint(first[0] * 255).transpose(1, 2, 0))
    for number, chunk in enumerate(chunks[1:]):
        assert (chunk.frames == 50 + number).all()
        for name in ("labels", "forward_flow", "backward_flow", "occlusion", "depth", "objects"):
            assert (getattr(chunk, name) == 60 + number).all(), name


def test_the_first_chunk_tells_depth_and_things_without_their_shadows(card):
    request = request_of(card)
    chunk = next(key_frame_chunks([request], pictures(1, (32, 64)), card, FakeGraphs(card, (32, 64))))[0]
    np.testing.assert_allclose(chunk.depth, np.float32(1.1 * 1.2 * 64))  # at one pixel below the horizon
    on_things = np.isin(request.label_map, CITYSCAPES.foreground)
    np.testing.assert_array_equal(chunk.objects[0], np.where(on_things, request.object_map, 0))
    assert ((request.object_map > 0) & ~on_things).any()
    np.testing.assert_array_equal(chunk.labels[0], request.label_map)


def only(values: NDArray[Any]) -> float:
    """Return the one number that an array is full of."""
    (number,) = np.unique(values)
    return float(number)


def test_what_the_first_chunk_is_made_of(card):
    graphs, request, first = FakeGraphs(card, (32, 64)), request_of(card), pictures(1, (32, 64))
    list(key_frame_chunks([request], first, card, graphs))
    depth, motion, known, image, between, fields = (runs[0] for runs in graphs.runs.values())
    assert set(depth) == {"label_map", "object_map", "camera", "object_motion"}
    for inputs in (depth, motion, fields):
        np.testing.assert_array_equal(inputs["label_map"][0], request.label_map)
        np.testing.assert_array_equal(inputs["object_map"][0], request.object_map)
        np.testing.assert_array_equal(inputs["camera"][0], request.camera(0))
    np.testing.assert_array_equal(motion["object_motion"][0], request.object_motion(0))
    assert only(motion["inverse_depth"]) == 1
    np.testing.assert_array_equal(known["frame"], first)
    np.testing.assert_array_equal(known["texture"][0], request.texture)
    np.testing.assert_array_equal(known["noise"][0], request.chunk_noise(0))
    assert (only(known["trust"]), only(known["seen"]), only(known["next_label_map"])) == (1, 20, 20)
    np.testing.assert_array_equal(image["style"][0], request.style)
    assert {only(image[name]) for name in ("labels", "texture", "hint", "trust")} == {30}
    np.testing.assert_array_equal(between["frame"], first)
    assert (only(between["next_frame"]), only(between["hint_trust"]), only(between["origins"])) == (40, 30, 20)


def test_what_a_chunk_leaves_the_next_one_goes_on_from(card):
    graphs, request = FakeGraphs(card, (32, 64)), request_of(card)
    list(key_frame_chunks([request], pictures(1, (32, 64)), card, graphs))
    _, motion, known, image, between, fields = ({} if len(runs) < 2 else runs[1] for runs in graphs.runs.values())
    for inputs in (motion, fields):
        assert (only(inputs["label_map"]), only(inputs["object_map"])) == (20, 20)
        np.testing.assert_array_equal(inputs["camera"][0], request.camera(1))
    np.testing.assert_array_equal(motion["object_motion"][0], request.object_motion(1))
    assert only(motion["inverse_depth"]) == 20
    assert (only(known["frame"]), only(known["texture"]), only(known["trust"])) == (40, 30, 50)
    np.testing.assert_array_equal(known["noise"][0], request.chunk_noise(1))
    assert {only(image[name]) for name in ("labels", "texture", "hint", "trust")} == {31}
    assert (only(between["frame"]), only(between["next_frame"]), only(between["seen"])) == (40, 41, 21)


def test_larger_frames_are_told_how_to_move_at_about_the_cards_size(card):
    """The graph of depth sees everything at that size, those that paint at that of the frames."""
    size = (64, 128)
    graphs, request = FakeGraphs(card, size), request_of(card, size, frames=5)
    (first,), (second,) = key_frame_chunks([request], pictures(1, size), card, graphs)
    inputs = {name: runs[0] for name, runs in graphs.runs.items()}
    assert inputs["depth"]["label_map"].shape == inputs["motion"]["inverse_depth"].shape == (1, 32, 64)
    assert inputs["motion"]["label_map"].shape == inputs["known"]["next_label_map"].shape == (1, *size)
    assert (first.depth.shape, second.depth.shape) == ((1, *size), (4, *size))


def test_each_clip_of_a_batch_has_its_own(card):
    graphs, requests = FakeGraphs(card, (32, 64)), [request_of(card, sample=sample) for sample in (1, 2)]
    requests[1] = replace(requests[1], fields=frozenset({"depth"}))
    first = pictures(2, (32, 64))
    chunks = list(key_frame_chunks(requests, first, card, graphs))
    assert [[chunk.labels is None for chunk in pair] for pair in chunks] == [[False, True]] * 4
    inputs = {name: runs[0] for name, runs in graphs.runs.items()}
    for number, request in enumerate(requests):
        np.testing.assert_array_equal(inputs["known"]["texture"][number], request.texture)
        np.testing.assert_array_equal(inputs["motion"]["object_motion"][number], request.object_motion(0))
        np.testing.assert_array_equal(chunks[0][number].frames[0], np.rint(first[number] * 255).transpose(1, 2, 0))


def test_depth_is_metres_and_the_sky_infinitely_far():
    """1.5 m above the road, at a focal length of 200 pixels, the road 10 pixels below the horizon is 30 m away."""
    inverse = np.array([[[10.0, 0.0]] * 3], np.float32).repeat(80, axis=2)
    told = metres(inverse, Camera(focal_length=1.25, height=1.5))
    assert set(np.unique(told)) == {np.float32(30), np.float32(np.inf)}
