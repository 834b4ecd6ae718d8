"""What `--save` makes of a chunk's fields: a picture to look at and an exact array to compute with, per frame."""

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

PictureAndArray = tuple[NDArray[np.uint8], NDArray[Any]]


def render_field(field: Field, chunk: Chunk, label_space: LabelSpace | None) -> Iterator[PictureAndArray]:
    """Yield, for each frame that has the field, a picture uint8 (H, W, 3) RGB, and an array:

    labels     uint8 (H, W): class indices (train ids for Cityscapes), "other" as 255
    flow       float32 (H, W, 2): x and y in pixels, to the frame before; the clip's first frame has none
    occlusion  float32 (H, W), 0..1: 1 = visible in the chunk's reference frame; the clip's first frame has none

    Raises:
        BackendError: the chunk lacks the field.
    """
    if field == "labels":
        yield from _render_labels(_required(chunk.labels, field, chunk), label_space)
    elif chunk.start == 0:
        return
    elif field == "flow":
        forward_flow = _required(chunk.forward_flow, field, chunk)
        backward_flow = _required(chunk.backward_flow, field, chunk)
        for flow in neighbour_flow(forward_flow, backward_flow):
            yield flow_to_color(flow / np.float32(FULL_SATURATION_PIXELS)), flow
    else:
        for occlusion in _required(chunk.occlusion, field, chunk):
            yield occlusion_to_gray(occlusion), occlusion


def _render_labels(labels: NDArray[np.uint8], label_space: LabelSpace | None) -> Iterator[PictureAndArray]:
    if label_space is None:
        raise BackendError("The session yielded labels, but its model knows none.")
    ids = np.arange(256, dtype=np.uint8)
    if label_space.other is not None:
        ids[label_space.other] = OTHER_IN_FILES
    for frame_labels in labels:
        yield labels_to_color(frame_labels, label_space), ids[frame_labels]


def _required(values: NDArray[Any] | None, field: Field, chunk: Chunk) -> NDArray[Any]:
    """Return a field that was asked for; numbers that are not finite would spoil pictures without a word."""
    if values is None:
        raise BackendError(f"The session left out the {field} of frame {chunk.start}, which was asked for.")
    if not np.isfinite(values).all():
        raise BackendError(f"The session's {field} from frame {chunk.start} on holds NaN or infinite numbers.")
    return values
