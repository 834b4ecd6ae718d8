"""The clips of a model with a camera: key frames that are painted, and the frames between, sampled from both sides.

Shape symbols: N = batch, T = frames of a chunk, H, W = height and width, h, w = those at which motion is told.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from seg2vid_interface.clips import Chunk, ClipRequest, Field
from seg2vid_interface.graph_results import FIELD_OUTPUTS, Results, as_bytes, chunk_of
from seg2vid_interface.graphs import GraphName, inputs_of, motion_size, outputs_of
from seg2vid_interface.model_card import Camera, ModelCard
from seg2vid_interface.prefetch import prefetch
from seg2vid_interface.requests import first_chunk
from seg2vid_interface.resampling import nearest

Run = Callable[[GraphName, Mapping[str, Any], Sequence[str]], Results]
"""Runs a graph of a model with inputs that are arrays or an earlier run's; returns the outputs that are named."""

State = Mapping[str, Any]
"""What is carried from chunk to chunk, by the inputs' names."""
MAPS: Final = ("label_map", "object_map")


def key_frame_chunks(
    requests: Sequence[ClipRequest], first: NDArray[np.float32], card: ModelCard, run: Run
) -> Iterator[list[Chunk]]:
    """Make a batch of clips whose first frames (N, 3, H, W) in 0..1 are there; yield chunk after chunk."""
    assert card.camera is not None
    clips = _Clips(requests, card, run)
    streets, pictures = clips.beginning(first)
    fields = frozenset[Field]().union(*(request.fields for request in requests))
    yield clips.first_chunks(first, streets["inverse_depth"])
    frames, step = requests[0].frames, card.chunk_frames
    starts = range(1, frames, step)
    # Motion needs no pictures: the next chunk's is told while this one's are painted.
    with closing(prefetch(clips.motions(streets, len(starts)))) as motions:
        for chunk, (start, (streets, motion)) in enumerate(zip(starts, motions, strict=True)):
            results, pictures = clips.paint(pictures, streets, motion, chunk, fields)
            kept = min(step, frames - start)
            yield [chunk_of(results, i, start, kept, request.fields) for i, request in enumerate(requests)]


class _Clips:
    """A batch of clips; what is carried from chunk to chunk may stay on the device."""

    def __init__(self, requests: Sequence[ClipRequest], card: ModelCard, run: Run) -> None:
        self._requests, self._card, self._run_graph = requests, card, run
        self._style = np.stack([request.style for request in requests])

    def beginning(self, first: NDArray[np.float32]) -> tuple[State, State]:
        """Return what the first chunk goes on from: the street, and the pictures of it."""
        maps = {name: np.stack([getattr(request, name) for request in self._requests]) for name in MAPS}
        size = motion_size(self._card, *first.shape[2:])
        small = {name: np.ascontiguousarray(nearest(values, size)) for name, values in maps.items()}
        depth = self._run("depth", {**small, **self._drive(0)})
        street = {**maps, "inverse_depth": depth.fetch("inverse_depth")}
        return street, {
            "frame": first,
            "texture": np.stack([_there(request.texture) for request in self._requests]),
            "trust": np.ones((len(first), 1, *first.shape[2:]), np.float32),
        }

    def first_chunks(self, first: NDArray[np.float32], inverse_depth: NDArray[np.float32]) -> list[Chunk]:
        """Return the clips' first chunks."""
        assert self._card.camera is not None
        depth = metres(inverse_depth, self._card.camera)
        depth = np.ascontiguousarray(nearest(depth, first.shape[2:]))
        clips = zip(self._requests, as_bytes(first), depth, strict=True)
        return [first_chunk(request, picture, own, self._things(request)) for request, picture, own in clips]

    def _things(self, request: ClipRequest) -> NDArray[np.uint8]:
        """Return the numbers of a clip's things (H, W), without the ground that moves with them."""
        space = self._card.label_space
        assert space is not None  # or no camera could drive
        assert request.label_map is not None
        assert request.object_map is not None
        return np.where(np.isin(request.label_map, space.foreground), request.object_map, np.uint8(0))

    def motions(self, street: State, chunks: int) -> Iterator[tuple[State, State]]:
        """Yield, chunk after chunk, the street that it goes on from, and its motion; no picture is needed for them."""
        for chunk in range(chunks):
            street = {**street, **self._drive(chunk)}
            motion = self._run("motion", street)
            yield street, motion.values
            street = {name: motion[f"next_{name}"] for name in (*MAPS, "inverse_depth")}

    def paint(
        self, pictures: State, street: State, motion: State, chunk: int, fields: frozenset[Field]
    ) -> tuple[dict[str, NDArray[Any]], State]:
        """Return the arrays of chunk 0, 1, ..., and the pictures that the next one goes on from."""
        noise = np.stack([request.chunk_noise(chunk) for request in self._requests])
        known = self._run("known", {**pictures, **motion, "noise": noise})
        frame = self._run("image", self._painting(known))["frame"]
        between = self._run("between", {**pictures, **motion, "next_frame": frame, "hint_trust": known["hint_trust"]})
        results = {"frames": between.fetch("frames")}
        if fields:
            told = self._run("fields", {**street, **motion})
            results |= {name: told.fetch(name) for field in fields for name in FIELD_OUTPUTS[field]}
        return results, {"frame": frame, "texture": known["next_texture"], "trust": between["next_trust"]}

    def _painting(self, known: Results) -> dict[str, Any]:
        """Return what the image stage's graph takes for a key frame."""
        return {
            "labels": known["labels"],
            "texture": known["next_texture"],
            "hint": known["hint"],
            "trust": known["hint_trust"],
            "style": self._style,
        }

    def _drive(self, chunk: int) -> dict[str, NDArray[np.float32]]:
        """Return the camera's steps (N, T + 1, 3) and the things' motions (N, 256, 4) in a chunk."""
        return {
            name: np.stack([getattr(request, name)(chunk) for request in self._requests])
            for name in ("camera", "object_motion")
        }

    def _run(self, name: GraphName, values: Mapping[str, Any]) -> Results:
        """Run a graph with what it takes of the values."""
        wanted = [tensor.name for tensor in inputs_of(name, self._card)]
        outputs = [tensor.name for tensor in outputs_of(name, self._card)]
        return self._run_graph(name, {name: values[name] for name in wanted}, outputs)


def metres(inverse_depth: NDArray[np.float32], camera: Camera) -> NDArray[np.float32]:
    """Return the depth in metres of inverse depth (N, h, w) in pixels; infinite where that is 0."""
    with np.errstate(divide="ignore"):
        return np.float32(camera.focal_length * camera.height * inverse_depth.shape[2]) / inverse_depth


def _there(array: NDArray[np.float32] | None) -> NDArray[np.float32]:
    assert array is not None  # `check_requests` saw to it
    return array
