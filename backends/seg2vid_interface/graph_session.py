"""A session over a model's graphs, for every runtime that reads ONNX files: a backend says how a graph is run.

Shape symbols: N = batch, T = frames of a chunk, K = classes, H, W = height and width.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from seg2vid_interface.clips import Chunk, ClipRequest, Field
from seg2vid_interface.errors import ModelError
from seg2vid_interface.graph_results import FIELD_OUTPUTS, Graph, Results, as_bytes, as_planes, chunk_of
from seg2vid_interface.graphs import GraphName, graphs_of, motion_size, open_sides, outputs_of
from seg2vid_interface.key_frame_chunks import key_frame_chunks
from seg2vid_interface.model_card import ModelCard
from seg2vid_interface.painter import one_hot, paint
from seg2vid_interface.requests import check_array, check_requests, first_chunk
from seg2vid_interface.sample_by_sample import SampleBySample

Load = Callable[[GraphName, tuple[int, int]], Graph]
"""Loads a model's graph for frames of a height and width.  Raises what `Backend.open` raises of a model's files."""


class GraphSession:
    """See `seg2vid_interface.backend.Session`, `ReadsStyles` and `Segments`."""

    def __init__(self, card: ModelCard, size: tuple[int, int], load: Load, *, device: str, precision: str) -> None:
        """Load the graphs that clips need for pictures of `size` = height, width; others are loaded when needed."""
        self.height, self.width = size
        self.device, self.precision = device, precision
        self.chunk_frames = card.chunk_frames
        self.latent_size = latent_size(card, size)
        self.style_size = card.style_size
        self._card, self._load, self._graphs = card, load, dict[tuple[GraphName, tuple[int, int]], Graph]()
        for stage in card.stages:
            if stage != "labels" or len(card.stages) == 1:  # most clips are made of a label map
                for name in graphs_of(stage, card):
                    self._graph(name)
        self._state_outputs = [tensor.name for tensor in outputs_of("motion", card) if tensor.name.startswith("next_")]

    def generate(self, requests: Sequence[ClipRequest]) -> Iterator[list[Chunk]]:
        """Make a batch of clips; see `Session.generate`."""
        check_requests(requests, self, self._card)
        first = self._first_frames(requests)
        if self._card.camera:
            yield from key_frame_chunks(requests, first, self._card, self._run)
            return
        yield [first_chunk(request, picture) for request, picture in zip(requests, as_bytes(first), strict=True)]
        yield from self._chained_chunks(requests, first)

    def _chained_chunks(self, requests: Sequence[ClipRequest], first: NDArray[np.float32]) -> Iterator[list[Chunk]]:
        """Make what follows the first frames (N, 3, H, W), each chunk from the last frame of the one before."""
        state: dict[str, Any] = {"next_frame": first, "next_labels": self._labels(requests)}
        latent = np.stack([request.latent for request in requests])
        fields = frozenset[Field]().union(*(request.fields for request in requests))
        names = ["frames", *(name for field in sorted(fields) for name in FIELD_OUTPUTS[field])]
        start = 1
        while start < requests[0].frames:
            noise = np.stack([request.chunk_noise((start - 1) // self.chunk_frames) for request in requests])
            inputs = {"latent": latent, "noise": noise}
            inputs |= {name.removeprefix("next_"): state[name] for name in self._state_outputs}
            if self._card.label_space is not None:
                inputs["labels_wanted"] = np.array("labels" in fields)
            motion = self._graph("motion")
            state = motion.run(inputs, [*names, *self._state_outputs])
            results = {name: motion.fetch(state[name]) for name in names}
            kept = min(self.chunk_frames, requests[0].frames - start)
            yield [chunk_of(results, i, start, kept, request.fields) for i, request in enumerate(requests)]
            start += kept

    def _run(self, name: GraphName, inputs: Mapping[str, Any], outputs: Sequence[str]) -> Results:
        graph = self._graph(name)
        return Results(graph, graph.run(inputs, outputs))

    def style_of(self, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Read the style of a picture; see `ReadsStyles.style_of`."""
        if not self._card.reads_styles:
            raise ModelError(f"the model {self._card.name} cannot read the style of a picture")
        check_array("picture", picture, (*self._card.image_size(self._card.height, self._card.width), 3), np.uint8)
        encoder = self._graph("style")
        style: NDArray[np.float32] = encoder.fetch(encoder.run({"picture": as_planes(picture)}, ["style"])["style"])[0]
        return style

    def segment(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Tell the labels of a picture; see `Segments.segment`."""
        if not self._card.segments:
            raise ModelError(f"the model {self._card.name} cannot tell the labels of a picture")
        check_array("picture", picture, (*motion_size(self._card, self.height, self.width), 3), np.uint8)
        labels = self._graph("labels")
        told = labels.run({"picture": as_planes(picture)}, ["label_map"])["label_map"]
        label_map: NDArray[np.uint8] = labels.fetch(told)[0]
        return label_map

    def close(self) -> None:
        """Free the graphs, and what they are loaded from."""
        self._graphs.clear()
        self._load = _refuse

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _labels(self, requests: Sequence[ClipRequest]) -> NDArray[np.float32] | None:
        """Return probabilities (N, K, H, W); None if the model has no labels."""
        maps = [request.label_map for request in requests if request.label_map is not None]
        return None if self._card.label_space is None else one_hot(np.stack(maps), self._card.label_space)

    def _first_frames(self, requests: Sequence[ClipRequest]) -> NDArray[np.float32]:
        """Return (N, 3, H, W) in 0..1: the frames given, and what the image stage makes of the others, together."""
        lacking = [request for request in requests if request.first_frame is None]
        painted = iter(paint(lacking, self._card, (self.height, self.width), self._run_image) if lacking else ())
        frames = (as_planes(r.first_frame) if r.first_frame is not None else next(painted)[None] for r in requests)
        return np.concatenate(list(frames))

    def _run_image(self, size: tuple[int, int], inputs: dict[str, NDArray[Any]]) -> NDArray[np.float32]:
        image = self._graph("image", size)
        frame: NDArray[np.float32] = image.fetch(image.run(inputs, ["frame"])["frame"])
        return frame

    def _graph(self, name: GraphName, size: tuple[int, int] | None = None) -> Graph:
        """Return a graph, loaded when it is first asked for at a size; without one, at the session's."""
        key = name, size or (self.height, self.width)
        if key not in self._graphs:
            graph = self._load(*key)
            self._graphs[key] = SampleBySample(graph) if self.device == "cpu" else graph
        return self._graphs[key]


def _refuse(name: GraphName, _: tuple[int, int]) -> Graph:
    """Stand in for loading in a session that was closed."""
    raise ValueError(f"the session is closed, and has no {name} graph any more")


def latent_size(card: ModelCard, size: tuple[int, int]) -> int:
    """Return the numbers of a latent at a height and width: in proportion to the area."""
    return open_sides(card, *size)["L"]
