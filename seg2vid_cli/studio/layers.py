"""What a page lays over a clip's frames: pictures that are transparent where there is nothing to see, boxes, arrows."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from seg2vid_cli.outputs.fields import OTHER_IN_FILES, Names, field_arrays, field_picture, thing_numbers
from seg2vid_interface.clips import Chunk, Field
from seg2vid_interface.model_card import ModelCard

FIELDS: Final[dict[str, Field]] = {
    "labels": "labels",
    "flow": "flow",
    "occlusion": "occlusion",
    "depth": "depth",
    "boxes": "objects",
}
"""Layer -> what a session has to compute for it."""
ARROW_GRID = 16
"""Pixels between arrows of flow."""
_STILL = 1.0  # pixels of flow from which its colour is opaque
_HIDDEN = (230, 40, 40)


@dataclass(frozen=True)
class Layer:
    """One layer of one frame."""

    index: int
    """Of the frame."""
    picture: bytes = b""
    """A PNG of the frame's size, RGBA; of boxes none."""
    details: dict[str, Any] = field(default_factory=dict)
    """What goes into the message's header."""


def layers_of(card: ModelCard) -> list[str]:
    """Return the layers that a model's clips have."""
    if "motion" not in card.stages:
        return []
    return ["labels", "flow", "occlusion", *(["depth", "boxes"] if card.camera else [])]


def encode_png(picture: NDArray[np.uint8]) -> bytes:
    """Return a picture as PNG, quickly rather than small."""
    file = BytesIO()
    Image.fromarray(picture).save(file, "PNG", compress_level=1)
    return file.getvalue()


def layer(name: str, chunk: Chunk, names: Names) -> Iterator[Layer]:
    """Yield a layer of every frame of a chunk that has it: the clip's first frame has no flow and no occlusion."""
    if name == "boxes":
        yield from _boxes(chunk, names)
        return
    arrays = list(field_arrays(name, chunk, names))
    for index, array in enumerate(arrays, chunk.start + len(chunk.frames) - len(arrays)):
        details = {"arrows": _arrows(array)} if name == "flow" else {}
        yield Layer(index, encode_png(_picture(name, array, names)), details)


def _picture(name: str, array: NDArray[Any], names: Names) -> NDArray[np.uint8]:
    """Return (H, W, 4), RGBA."""
    if name == "occlusion":
        color = np.broadcast_to(np.array(_HIDDEN, np.uint8), (*array.shape, 3))
        opaque = 1 - np.clip(array, 0, 1)
    else:
        color = field_picture(name, array, names)
        opaque = _opaque(name, array)
    return np.dstack([color, np.rint(np.multiply(opaque, 255)).astype(np.uint8)])


def _opaque(name: str, array: NDArray[Any]) -> NDArray[Any]:
    """Return how opaque (0..1) each pixel is."""
    opaque: NDArray[Any] = array != OTHER_IN_FILES
    if name == "flow":
        opaque = np.minimum(np.hypot(array[..., 0], array[..., 1]) / _STILL, 1)
    elif name == "depth":
        opaque = np.isfinite(array)
    return opaque


def _arrows(flow: NDArray[np.float32]) -> list[list[float]]:
    """Return x, y, dx and dy on a grid: what stands at (x, y) has come by (dx, dy) from the frame before."""
    start = ARROW_GRID // 2
    sampled = flow[start::ARROW_GRID, start::ARROW_GRID]
    return [
        [start + column * ARROW_GRID, start + row * ARROW_GRID, round(float(dx), 2), round(float(dy), 2)]
        for row, line in enumerate(sampled)
        for column, (dx, dy) in enumerate(line)
    ]


def _boxes(chunk: Chunk, names: Names) -> Iterator[Layer]:
    space, objects = names.label_space, names.objects
    assert space is not None and objects is not None  # or the model would have no boxes
    for index, numbers in enumerate(thing_numbers(chunk, len(objects.ids)), chunk.start):
        boxes = []
        for number in np.unique(numbers[numbers > 0]).tolist():
            rows, columns = np.nonzero(numbers == number)
            left, top = int(columns.min()), int(rows.min())
            own = space.classes[objects.classes[number - 1]]
            box = [left, top, int(columns.max()) + 1 - left, int(rows.max()) + 1 - top]
            boxes.append({"class": own.name, "color": list(own.color), "box": box, "id": objects.ids[number - 1]})
        yield Layer(index, details={"boxes": boxes})
