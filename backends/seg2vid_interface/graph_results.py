"""Running a model's graphs, and what becomes of their outputs.

Shape symbols: N = batch, T = frames of a chunk, H, W = height and width.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from seg2vid_interface.clips import Chunk, Field

FIELD_OUTPUTS: Final[Mapping[Field, tuple[str, ...]]] = {
    "labels": ("label_maps",),
    "flow": ("forward_flow", "backward_flow"),
    "occlusion": ("occlusion",),
    "depth": ("depth",),
    "objects": ("object_maps",),
}


class Graph(Protocol):
    """A graph that a runtime has loaded."""

    def run(self, inputs: Mapping[str, Any], outputs: Sequence[str]) -> dict[str, Any]:
        """Run it.

        Inputs are C-contiguous NumPy arrays, or values that an earlier run gave; outputs may stay on the device.
        Raises BackendError where memory or the runtime fails.
        """
        ...

    def fetch(self, value: Any) -> NDArray[Any]:
        """Return what a run gave as an array of the caller's own."""
        ...


@dataclass(frozen=True)
class Results:
    """What a graph gave: values that may stay on the device."""

    graph: Graph
    values: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        """Return an output, as another graph takes it."""
        return self.values[name]

    def fetch(self, name: str) -> NDArray[Any]:
        """Return an output as an array of the caller's own."""
        return self.graph.fetch(self.values[name])


def chunk_of(results: Mapping[str, NDArray[Any]], clip: int, start: int, kept: int, fields: frozenset[Field]) -> Chunk:
    """Take the first `kept` frames of one clip; fields that its request did not ask for stay away."""
    own = {name: results[name][clip, :kept] for field in fields for name in FIELD_OUTPUTS[field]}
    return Chunk(
        start=start,
        frames=results["frames"][clip, :kept],
        forward_flow=own.get("forward_flow"),
        backward_flow=own.get("backward_flow"),
        occlusion=own.get("occlusion"),
        labels=own.get("label_maps"),
        depth=own.get("depth"),
        objects=own.get("object_maps"),
    )


def as_planes(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Turn a picture (H, W, 3) into (1, 3, H, W) in 0..1."""
    return np.ascontiguousarray(picture.transpose(2, 0, 1)[None], np.float32) / np.float32(255)


def as_bytes(frames: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Turn frames (N, 3, H, W) in 0..1 into uint8 (N, H, W, 3)."""
    return np.ascontiguousarray(np.rint(frames * 255).astype(np.uint8).transpose(0, 2, 3, 1))
