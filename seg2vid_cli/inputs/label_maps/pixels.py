"""The pixels of a label map's picture as its file has them: no value scaled, rounded or dropped."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from seg2vid_cli.inputs.pictures.reading import DecodedPicture, GivenPicture, PictureSource, decode_picture, file_of
from seg2vid_interface.errors import LabelMapError

_Value = TypeVar("_Value", bound=np.integer[Any])
_PNG_HINT = "Save the label map as an 8-bit grey, 16-bit grey, palette or RGB PNG."
_PHOTOGRAPH = "Give the label map; a photograph of the scene goes to --first-frame."
_UNUSABLE_MODES = {"CMYK": "CMYK", "F": "floating-point", "YCbCr": "YCbCr", "LAB": "L*a*b*", "HSV": "HSV"}
SCALED_GREY = {"L;2": 85, "L;4": 17}
"""How the file stores grey -> the factor by which Pillow brightens it."""
_MOST_VALUES = 65_535
"""Distinct pixels beyond which no label map is thought of; they are numbered in 16 bits."""


@dataclass(frozen=True)
class Pixels:
    """A picture as its K distinct pixels, and which of them stands where.

    What is true of a pixel is asked of the K alone; so a picture can be tried in many formats at little cost.
    """

    distinct: NDArray[np.uint16]
    """(K, C): the channels of every distinct pixel, in ascending order; C = 1 for grey and palette pictures, 3 for
    opaque colours, 4 where the fourth channel says something."""
    which: NDArray[np.uint16]
    """(H, W): index into `distinct`."""
    bits: int = 8
    """Of a channel: 8 or 16."""
    palette: NDArray[np.uint16] | None = None
    """(K, 3): the colour of every distinct pixel of a palette picture."""
    is_lossy: bool = False
    """Whether the file's compression changes values."""

    @cached_property
    def counts(self) -> NDArray[np.intp]:
        """(K,): how many pixels of each there are."""
        return np.bincount(self.which.ravel(), minlength=len(self.distinct))

    def spread(self, values: NDArray[_Value]) -> NDArray[_Value]:
        """Return (H, W) of what the distinct pixels have, (K,)."""
        return _looked_up(values, self.which)

    @property
    def channels(self) -> int:
        """C."""
        return int(self.distinct.shape[1])


def read_pixels(source: PictureSource) -> Pixels:
    """Read a picture that may be a label map.

    Raises:
        LabelMapError: what `pictures.decode_picture` refuses, pixels of an unusable kind or of more bits than can be
            read, transparent pixels of a palette or grey picture, a grey JPEG, or more than 65,535 distinct pixels.
    """
    picture = decode_picture(source, LabelMapError)
    image = picture.image
    if problem := change_of_values(picture):
        raise _error(source, problem)
    is_lossy = image.format in ("JPEG", "MPO")
    if is_lossy and image.mode == "L":
        raise _error(source, "a grey JPEG, which is a photograph or has lost its exact ids to compression")
    if image.mode == "P":
        return _palette_pixels(image, source)
    array, bits = _channels(picture, source)
    if array.shape[2] in (2, 4) and (array[..., -1] == (1 << bits) - 1).all():
        array = array[..., :-1]
    if array.shape[2] == 2:
        raise _transparent(source)
    return Pixels(*_compress(array, source), bits=bits, is_lossy=is_lossy)


def _channels(picture: DecodedPicture, source: PictureSource) -> tuple[NDArray[np.uint8] | NDArray[np.uint16], int]:
    """Return all channels (H, W, C) as they are stored, and the bits of one."""
    image, stored = picture.image, picture.stored
    if image.mode in ("RGB", "RGBA") and ";16" in stored:
        return _deep_channels(picture, source)
    array = np.asarray(image)
    if image.mode in ("I", "I;16", "I;16B", "I;16L"):
        if array.min() < 0 or array.max() > 65_535:
            raise _error(source, f"holds {array.min()} to {array.max()}; ids are 0 to 65535")
        _refuse_transparent_level(array, image, source)
        return array.astype(np.uint16)[..., None], 16
    if image.mode in ("1", "L", "LA", "RGB", "RGBA"):
        array = array.astype(np.uint8) // np.uint8(SCALED_GREY.get(stored, 1))
        _refuse_transparent_level(array, image, source)
        return (array[..., None] if array.ndim == 2 else array), 8
    raise _error(source, f"a picture with {_UNUSABLE_MODES.get(image.mode, image.mode)} pixels, not a label map")


def change_of_values(picture: DecodedPicture) -> str | None:
    """Say what Pillow scales or inverts as it reads, so that the file's own values are not to be had; None if nothing.

    What it brightens by SCALED_GREY alone can be undone.
    """
    stored, largest = picture.stored, picture.largest
    if re.match(r"[1L];\d*I", stored):
        return "a picture that stores black as its largest value, so that its ids are not plain"
    if largest is not None and largest != (65_535 if picture.image.mode == "I" else 255):
        return f"a PNM picture whose largest value is {largest}, by which its ids are scaled"
    return None


def _refuse_transparent_level(array: NDArray[np.generic], image: Image.Image, source: PictureSource) -> None:
    """Refuse a grey level or colour that the file declares to be transparent, if pixels have it."""
    level = image.info.get("transparency")
    if level is not None and bool(np.all(array == np.asarray(level), axis=tuple(range(2, array.ndim))).any()):
        raise _transparent(source)


def _deep_channels(
    picture: DecodedPicture, source: PictureSource
) -> tuple[NDArray[np.uint8] | NDArray[np.uint16], int]:
    """Return the channels of a PNG of 16-bit colours, or 16-bit grey with alpha; Pillow would keep 8 bits of them.

    8-bit channels that a program widened to 16 bits (v * 257) are given back as they were.
    """
    if picture.image.format != "PNG" or isinstance(source, GivenPicture):
        raise _error(source, f"a {picture.image.format} of 16-bit colours")
    import av

    with av.open(file_of(source), "r", format="png_pipe") as file:
        array = next(file.decode(video=0)).to_ndarray(format="rgba64le").astype(np.uint16, copy=False)
    if picture.stored.startswith("LA"):
        array = array[..., [0, 3]]
    narrow = (array >> 8).astype(np.uint8)
    return (narrow, 8) if (array == narrow * np.uint16(257)).all() else (array, 16)


def _palette_pixels(image: Image.Image, source: PictureSource) -> Pixels:
    distinct, which = _compress(np.asarray(image)[..., None], source)
    colors = np.array(image.getpalette("RGBA"), np.uint16).reshape(-1, 4)
    palette = np.zeros((256, 4), np.uint16)
    palette[:, 3] = 255
    palette[: len(colors)] = colors  # black where the file defines no colour
    used = palette[distinct[:, 0]]
    if (used[:, 3] != 255).any():
        raise _transparent(source)
    return Pixels(distinct, which, palette=used[:, :3])


def _compress(
    array: NDArray[np.uint8] | NDArray[np.uint16], source: PictureSource
) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """Return the distinct pixels (K, C) of (H, W, C), and which of them stands where (H, W).

    One channel after another is joined to those before, so that no table is larger than 2 ** 24 and nothing is sorted.
    """
    distinct = np.zeros((1, 0), np.uint16)
    which: NDArray[np.uint16] = np.zeros(array.shape[:2], np.uint16)
    for channel in np.moveaxis(array, 2, 0):
        parts = [channel] if channel.itemsize == 1 else [channel >> 8, channel & 255]
        for part in parts:
            joined = which.astype(np.uint32) << np.uint32(8) | part
            found, which = _ranked(joined)
            if found.size > _MOST_VALUES:
                raise LabelMapError(
                    f"{source}: looks like a photograph (over {_MOST_VALUES} colours), not a label map", _PHOTOGRAPH
                )
            distinct = np.column_stack([distinct[found >> 8], (found & 255).astype(np.uint16)])
    if array.itemsize == 2:
        distinct = distinct[:, 0::2] << np.uint16(8) | distinct[:, 1::2]
    return distinct, which


def _ranked(values: NDArray[np.uint32]) -> tuple[NDArray[np.intp], NDArray[np.uint16]]:
    """Return the values that occur, ascending, and the rank of each pixel's value (which wraps beyond 65,535)."""
    occurs = np.zeros(int(values.max()) + 1, np.bool_)
    for row in values:  # by rows, as in `_looked_up`
        occurs[row] = True
    found = np.flatnonzero(occurs)
    ranks = np.zeros(occurs.size, np.uint16)
    ranks[found] = np.arange(found.size)
    return found, _looked_up(ranks, values)


def _looked_up(table: NDArray[_Value], indices: NDArray[np.integer[Any]]) -> NDArray[_Value]:
    found = np.empty(indices.shape, table.dtype)
    for row, row_of_indices in zip(found, indices, strict=True):
        row[:] = table[row_of_indices]  # by rows, because indexing copies its index as int64
    return found


def _transparent(source: PictureSource) -> LabelMapError:
    return LabelMapError(f"{source}: has transparent pixels", "Flatten the picture on an opaque background.")


def _error(source: PictureSource, what: str) -> LabelMapError:
    return LabelMapError(f"{source}: {what}", _PNG_HINT)
