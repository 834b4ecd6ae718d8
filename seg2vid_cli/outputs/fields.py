"""What becomes of a chunk's fields: an exact array to compute with and a picture to look at, per frame."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seg2vid_cli.outputs.flow_files import OnwardFlow
from seg2vid_cli.outputs.visualize import (
    FULL_SATURATION_PIXELS,
    depth_to_color,
    flow_to_color,
    instances_to_color,
    labels_to_color,
    occlusion_to_gray,
)
from seg2vid_interface.clips import Chunk, Field
from seg2vid_interface.driving.objects import Objects
from seg2vid_interface.errors import BackendError
from seg2vid_interface.label_spaces import LabelSpace
from seg2vid_interface.neighbour_flow import neighbour_flow, onward_flow

OTHER_IN_FILES = 255
"""How "other" is written in label maps, whatever its class index is."""


@dataclass(frozen=True)
class Names:
    """What the numbers in a chunk's fields stand for."""

    label_space: LabelSpace | None
    """The model's; None if it knows no labels."""
    objects: Objects | None = None
    """The clip's; None if the model has no camera."""


def field_arrays(name: str, chunk: Chunk, names: Names) -> Iterator[NDArray[Any]]:
    """Yield, for each frame that has it, the array of what `--save` calls by this name:

    labels     uint8 (H, W): class indices (train ids for Cityscapes), "other" as 255
    flow       float32 (H, W, 2): x and y in pixels, to the frame before; the clip's first frame has none
    occlusion  float32 (H, W), 0..1: 1 = visible in the chunk's reference frame; the clip's first frame has none
    depth      float32 (H, W): metres, the sky inf
    instances  uint16 (H, W): ids of the things, 0 = none

    Raises:
        BackendError: the chunk lacks the field, or holds what cannot be.
    """
    if name == "labels":
        labels = _required(chunk.labels, "labels", chunk)
        if names.label_space is None:
            raise BackendError("The session yielded labels, but its model knows none.")
        yield from labels_in_files(labels, names.label_space)
    elif name == "depth":
        yield from _depth(chunk)
    elif name == "instances":
        ids = (0, *names.objects.ids) if names.objects else (0,)
        yield from np.array(ids, np.uint16)[thing_numbers(chunk, len(ids) - 1)]
    elif chunk.start == 0:
        return
    elif name == "flow":
        yield from neighbour_flow(*_flows(chunk))
    else:
        yield from _required(chunk.occlusion, "occlusion", chunk)


def labels_in_files(labels: NDArray[np.uint8], space: LabelSpace) -> NDArray[np.uint8]:
    """Return class indices as label maps hold them, with "other" as 255."""
    return labels if space.other is None else np.where(labels == space.other, np.uint8(OTHER_IN_FILES), labels)


def onward_flows(chunk: Chunk) -> Iterator[OnwardFlow]:
    """Yield the flow that leads to each frame from the one before; the clip's first frame has none.

    Raises:
        BackendError: the chunk lacks the flow.
    """
    if chunk.start > 0:
        yield from map(OnwardFlow, *onward_flow(*_flows(chunk)))


def thing_numbers(chunk: Chunk, things: int) -> NDArray[np.uint8]:
    """Return the numbers of things (n, H, W) in a chunk of a clip that has so many of them.

    Raises:
        BackendError: the chunk lacks them, or holds a thing that the clip does not have.
    """
    numbers: NDArray[np.uint8] = _required(chunk.objects, "objects", chunk)
    if numbers.max() > things:
        raise BackendError(f"The session's objects from frame {chunk.start} on hold thing {numbers.max()} of {things}.")
    return numbers


def field_picture(name: str, array: "NDArray[Any] | OnwardFlow", names: Names) -> NDArray[np.uint8]:
    """Return the picture, uint8 (H, W, 3) RGB, of one of `field_arrays` or `onward_flows`."""
    if isinstance(array, OnwardFlow):
        return np.where(array.valid[..., None], field_picture(name, array.flow, names), np.uint8(0))
    if name == "flow":
        return flow_to_color((array / FULL_SATURATION_PIXELS).astype(np.float32))
    if name == "occlusion":
        return occlusion_to_gray(array)
    if name == "depth":
        return depth_to_color(array)
    if name == "instances":
        return instances_to_color(array)
    space = names.label_space
    assert space is not None  # or there would be no array
    indices = array if space.other is None else np.where(array == OTHER_IN_FILES, space.other, array)
    return labels_to_color(indices.astype(np.uint8), space)


def _flows(chunk: Chunk) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    return _required(chunk.forward_flow, "flow", chunk), _required(chunk.backward_flow, "flow", chunk)


def _depth(chunk: Chunk) -> NDArray[np.float32]:
    depth: NDArray[np.float32] = _given(chunk.depth, "depth", chunk)
    if not (depth > 0).all():  # nor is NaN
        raise BackendError(
            f"The session's depth from frame {chunk.start} on holds NaN, or numbers that are not above 0."
        )
    return depth


def _required(values: NDArray[Any] | None, field: Field, chunk: Chunk) -> NDArray[Any]:
    """Return a field that was asked for; numbers that are not finite would spoil pictures without a word."""
    given = _given(values, field, chunk)
    if not np.isfinite(given).all():
        raise BackendError(f"The session's {field} from frame {chunk.start} on holds NaN or infinite numbers.")
    return given


def _given(values: NDArray[Any] | None, field: Field, chunk: Chunk) -> NDArray[Any]:
    if values is None:
        raise BackendError(f"The session left out the {field} of frame {chunk.start}, which was asked for.")
    return values
