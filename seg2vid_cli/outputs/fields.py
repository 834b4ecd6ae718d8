"""What becomes of a chunk's fields: an exact array to compute with and a picture to look at, per frame."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seg2vid_cli.outputs.neighbour_flow import neighbour_flow
from seg2vid_cli.outputs.visualize import FULL_SATURATION_PIXELS, flow_to_color, labels_to_color, occlusion_to_gray
from seg2vid_interface.clips import Chunk, Field
from seg2vid_interface.errors import BackendError
from seg2vid_interface.label_spaces import LabelSpace

OTHER_IN_FILES = 255
"""How "other" is written in label maps, whatever its class index is."""


def field_arrays(field: Field, chunk: Chunk, label_space: LabelSpace | None) -> Iterator[NDArray[Any]]:
    """Yield, for each frame that has the field, its array:

    labels     uint8 (H, W): class indices (train ids for Cityscapes), "other" as 255
    flow       float32 (H, W, 2): x and y in pixels, to the frame before; the clip's first frame has none
    occlusion  float32 (H, W), 0..1: 1 = visible in the chunk's reference frame; the clip's first frame has none

    Raises:
        BackendError: the chunk lacks the field.
    """
    if field == "labels":
        labels = _required(chunk.labels, field, chunk)
        if label_space is None:
            raise BackendError("The session yielded labels, but its model knows none.")
        other = label_space.other
        yield from labels if other is None else np.where(labels == other, np.uint8(OTHER_IN_FILES), labels)
    elif chunk.start == 0:
        return
    elif field == "flow":
        forward_flow = _required(chunk.forward_flow, field, chunk)
        backward_flow = _required(chunk.backward_flow, field, chunk)
        yield from neighbour_flow(forward_flow, backward_flow)
    else:
        yield from _required(chunk.occlusion, field, chunk)


def field_picture(field: Field, array: NDArray[Any], label_space: LabelSpace | None) -> NDArray[np.uint8]:
    """Return the picture, uint8 (H, W, 3) RGB, of one of `field_arrays`."""
    if field == "flow":
        return flow_to_color((array / FULL_SATURATION_PIXELS).astype(np.float32))
    if field == "occlusion":
        return occlusion_to_gray(array)
    assert label_space is not None  # or there would be no array
    indices = array if label_space.other is None else np.where(array == OTHER_IN_FILES, label_space.other, array)
    return labels_to_color(indices.astype(np.uint8), label_space)


def _required(values: NDArray[Any] | None, field: Field, chunk: Chunk) -> NDArray[Any]:
    """Return a field that was asked for; numbers that are not finite would spoil pictures without a word."""
    if values is None:
        raise BackendError(f"The session left out the {field} of frame {chunk.start}, which was asked for.")
    if not np.isfinite(values).all():
        raise BackendError(f"The session's {field} from frame {chunk.start} on holds NaN or infinite numbers.")
    return values
