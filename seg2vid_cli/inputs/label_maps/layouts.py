"""Where the pixels of a picture keep their classes: the layouts that formats of label maps name.

A layout looks at the distinct pixels alone; it gives what they say, or nothing if the picture is not laid out so.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seg2vid_cli.inputs.label_maps.pixels import Pixels

_Values = NDArray[np.intp]


@dataclass(frozen=True)
class Layer:
    """What the K distinct pixels of a picture say in one layout."""

    values: _Values
    """(K,): ids, or colours packed as 0xRRGGBB."""
    instances: NDArray[np.uint16] | None = None
    """(K,): numbers from 1 that tell the instances apart, if the layout tells them."""


def pack_colors(colors: NDArray[np.integer]) -> _Values:
    """Return 0xRRGGBB of colours (..., 3)."""
    red, green, blue = np.moveaxis(colors.astype(np.intp), -1, 0)
    packed: _Values = red << 16 | green << 8 | blue
    return packed


def grey_levels(pixels: Pixels) -> _Values | None:
    """Return the values of a picture of grey levels or palette indices, or of colours that are all grey (R = G = B)."""
    if pixels.is_lossy or pixels.channels == 4:
        return None
    distinct = pixels.distinct.astype(np.intp)
    return distinct[:, 0] if (distinct == distinct[:, :1]).all() else None


def _ids(pixels: Pixels) -> Layer | None:
    levels = grey_levels(pixels)
    return None if levels is None else Layer(levels)


def _greys_of_palette(pixels: Pixels) -> Layer | None:
    """A palette picture's grey levels, where they are not its indices: programs that drop unused colours write so."""
    palette = pixels.palette
    if palette is None or (palette != palette[:, :1]).any() or (palette == pixels.distinct).all():
        return None
    return Layer(palette[:, 0].astype(np.intp))


def _colors(pixels: Pixels) -> Layer | None:
    if pixels.palette is not None:
        return Layer(pack_colors(pixels.palette))
    return Layer(pack_colors(pixels.distinct)) if pixels.channels == 3 and pixels.bits == 8 else None


def _bgr_colors(pixels: Pixels) -> Layer | None:
    """Colours whose channels a program wrote in the other order; the red of 0xRRGGBB is the file's blue."""
    if pixels.palette is not None or pixels.channels != 3 or pixels.bits != 8 or grey_levels(pixels) is not None:
        return None
    return Layer(pack_colors(pixels.distinct[:, ::-1]))


def _only_channel(pixels: Pixels, channel: int) -> Layer | None:
    """Ids in one channel, where the others are zero."""
    if not _may_hold_ids(pixels) or pixels.channels != 3:
        return None
    others = np.delete(pixels.distinct, channel, axis=1)
    return None if others.any() or not pixels.distinct.any() else Layer(pixels.distinct[:, channel].astype(np.intp))


def _channel_and_instances(pixels: Pixels, channel: int, channels: int = 3) -> Layer | None:
    """Ids in one channel, where the others number the instances."""
    if not _may_hold_ids(pixels) or pixels.channels != channels:
        return None
    ids = pixels.distinct[:, channel]
    if (ids == ids[0]).all() or not np.delete(pixels.distinct, channel, axis=1).any():
        return None
    return Layer(ids.astype(np.intp), _numbers(pixels))


def _may_hold_ids(pixels: Pixels) -> bool:
    """Tell whether the channels of colours may hold ids: they are exact, and differ."""
    return pixels.channels >= 3 and not pixels.is_lossy and pixels.bits == 8 and grey_levels(pixels) is None


def _numbers(pixels: Pixels) -> NDArray[np.uint16]:
    return np.arange(1, len(pixels.distinct) + 1, dtype=np.uint16)


def _ids_with_instances(pixels: Pixels, factor: int) -> Layer | None:
    """id * factor + number of the instance; with 1000, what is less is an id alone."""
    levels = grey_levels(pixels)
    if levels is None or levels.max() < factor:
        return None
    ids = np.where((levels < factor) & (factor == 1000), levels, levels // factor)
    return Layer(ids, levels.astype(np.uint16))


def _first_channel_16(pixels: Pixels) -> Layer | None:
    if pixels.channels != 3 or pixels.bits != 16 or grey_levels(pixels) is not None:
        return None
    has_instances = pixels.distinct[:, 1:].any()
    return Layer(pixels.distinct[:, 0].astype(np.intp), _numbers(pixels) if has_instances else None)


OF_COLORS = ("colors", "bgr-colors")
"""Layouts whose values are colours; those of all others are ids."""
LAYOUTS: Mapping[str, Callable[[Pixels], Layer | None]] = {
    "ids": _ids,
    "greys": _greys_of_palette,
    "colors": _colors,
    "bgr-colors": _bgr_colors,
    "red": lambda pixels: _only_channel(pixels, 0),
    "blue": lambda pixels: _only_channel(pixels, 2),
    "red-instances": lambda pixels: _channel_and_instances(pixels, 0),
    "blue-instances": lambda pixels: _channel_and_instances(pixels, 2),
    "red-bitmask": lambda pixels: _channel_and_instances(pixels, 0, channels=4),
    "ids-256": lambda pixels: _ids_with_instances(pixels, 256),
    "ids-1000": lambda pixels: _ids_with_instances(pixels, 1000),
    "first-channel-16": _first_channel_16,
}
"""What `--label-format NAME:LAYOUT` can ask for."""
WITH_ITS_VARIANTS = {
    "ids": ("ids", "greys"),
    "colors": ("colors", "bgr-colors"),
    "red": ("red", "blue"),
    "red-instances": ("red-instances", "blue-instances"),
}
"""Layout of a format -> those that it stands for: some programs write BGR for RGB."""
TITLES = {
    "ids": "ids",
    "greys": "ids as grey levels of a palette",
    "colors": "colours",
    "bgr-colors": "colours in BGR order",
    "red": "ids in the red channel",
    "blue": "ids in the blue channel",
    "red-instances": "ids in the red channel, instances in the others",
    "blue-instances": "ids in the blue channel, instances in the others",
    "red-bitmask": "ids in the red channel of a bitmask",
    "ids-256": "ids * 256 + instance",
    "ids-1000": "ids * 1000 + instance",
    "first-channel-16": "ids in the first of 16-bit channels",
}
"""How messages say it."""
