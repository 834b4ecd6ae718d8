"""Takes ids and colours out of the picture file of a label map."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from seg2vid_cli.inputs.label_maps.encodings import PixelValues
from seg2vid_cli.inputs.pictures.reading import PictureSource, open_picture, without_alpha
from seg2vid_interface.errors import LabelMapError

_PNG_HINT = "Save the label map as an 8-bit grey, 16-bit grey, palette or RGB PNG."
_UNUSABLE_MODES = {"1": "black-and-white (1 bit)", "CMYK": "CMYK", "F": "floating-point"}


@dataclass(frozen=True)
class LabelPicture:
    """What the file of a label map holds: ids, colours, or a palette picture's both."""

    ids: PixelValues | None = None
    """A palette picture's ids are its indices."""
    colors: PixelValues | None = None
    palette: NDArray[np.uint32] | None = None
    """uint32 (256,), 0xRRGGBB of every index of a palette picture; black where the file defines none."""


def open_label_picture(path: PictureSource) -> LabelPicture:
    """Read a picture that may be a label map.

    Raises:
        LabelMapError: what `pictures.open_picture` refuses, transparent pixels, pixels of an unusable kind, or a grey
            JPEG.
    """
    image = without_alpha(open_picture(path, LabelMapError), path, LabelMapError)
    if image.format == "JPEG" and image.mode == "L":
        raise LabelMapError(
            f"{path}: a grey JPEG, which is a photograph or has lost its exact ids to compression", _PNG_HINT
        )
    match image.mode:
        case "L":
            return LabelPicture(ids=PixelValues(np.asarray(image), are_colors=False))
        case "I;16" | "I":  # a PNG or a PGM of 16 bits
            return LabelPicture(ids=PixelValues(np.asarray(image).astype(np.uint16), are_colors=False))
        case "RGB":
            return LabelPicture(colors=PixelValues(_packed(np.asarray(image)), are_colors=True))
        case "P":
            indices, palette = np.asarray(image), _palette(image)
            return LabelPicture(PixelValues(indices, False), PixelValues(palette[indices], True), palette)
    kind = _UNUSABLE_MODES.get(image.mode, image.mode)
    raise LabelMapError(f"{path}: a picture with {kind} pixels, not a label map", _PNG_HINT)


def _packed(rgb: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Return 0xRRGGBB, uint32 (...), of colours uint8 (..., 3)."""
    packed = rgb[..., 0].astype(np.uint32)
    for channel in (1, 2):
        packed <<= 8
        packed |= rgb[..., channel]
    return packed


def _palette(image: Image.Image) -> NDArray[np.uint32]:
    entries = np.array(image.getpalette("RGB"), np.uint8).reshape(-1, 3)
    palette = np.zeros(256, np.uint32)
    palette[: len(entries)] = _packed(entries)
    return palette
