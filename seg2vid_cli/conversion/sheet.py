"""Label maps as they are, beside what they are read as."""

import numpy as np
from numpy.typing import NDArray

from seg2vid_cli.inputs.label_maps.pixels import Pixels
from seg2vid_cli.inputs.label_maps.reading import LabelMap, resize_nearest
from seg2vid_cli.outputs.visualize import labels_to_color
from seg2vid_interface.label_spaces import LabelSpace

MOST_MAPS = 40
"""Of one sheet."""
_HEIGHT, _WIDTH = 192, 384


def beside(name: str, pixels: Pixels, label_map: LabelMap, space: LabelSpace) -> list[tuple[str, NDArray[np.uint8]]]:
    """Return two captioned pictures, uint8 (192, 384, 3) RGB: the file, and its classes in the model's colours."""
    which = resize_nearest(pixels.which, _HEIGHT, _WIDTH)
    classes = resize_nearest(label_map.indices, _HEIGHT, _WIDTH)
    return [(_short(name), _looks(pixels)[which]), (_short(label_map.encoding), labels_to_color(classes, space))]


def _looks(pixels: Pixels) -> NDArray[np.uint8]:
    """Return the colours (K, 3) of the distinct pixels; ids are brightened, for they are too dark to tell apart."""
    colors = pixels.distinct if pixels.palette is None else pixels.palette
    colors = colors[:, :3] if colors.shape[1] >= 3 else colors[:, :1].repeat(3, axis=1)
    brightest = int(colors[colors != (1 << pixels.bits) - 1].max(initial=1))
    looks: NDArray[np.uint8] = (colors.astype(np.float64) * 255 / brightest).clip(0, 255).astype(np.uint8)
    return looks


def _short(text: str, most: int = 60) -> str:
    return text if len(text) <= most else f"...{text[-most:]}"
