"""Tries a picture in formats: every reading that explains all of its pixels."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seg2vid_cli.inputs.label_maps.formats import LabelFormat, Meaning
from seg2vid_cli.inputs.label_maps.layouts import LAYOUTS, OF_COLORS, TITLES, Layer, pack_colors
from seg2vid_cli.inputs.label_maps.pixels import Pixels

_ENOUGH_COLORS = 4
"""Distinct colours that a picture does not share with a label space by chance."""


@dataclass(frozen=True)
class Reading:
    """A picture's K distinct pixels as one format explains them in one layout."""

    format: LabelFormat
    layout: str
    classes: NDArray[np.uint8]
    """(K,): class indices of the model."""
    image_classes: NDArray[np.uint8]
    """(K,): class indices of the image stage."""
    instances: NDArray[np.uint16] | None
    """(K,): numbers that tell the instances apart, if the layout tells them."""
    is_proof: bool
    """Whether so many colours agree that it cannot be chance."""

    @property
    def title(self) -> str:
        """What it is, e.g. "Cityscapes label ids"."""
        return title_of(self.format, self.layout)


@dataclass(frozen=True)
class Attempt:
    """A picture's pixels in one format and layout, where the format does not explain all of them."""

    format: LabelFormat
    layout: str
    layer: Layer
    unknown: NDArray[np.bool_]
    """(K,): the pixels that it does not explain."""

    @property
    def title(self) -> str:
        """What it would be."""
        return title_of(self.format, self.layout)


def title_of(found: LabelFormat, layout: str) -> str:
    """Return what pictures of a format in a layout are called."""
    return found.title if found.is_own and layout == found.layouts[0] else f"{found.title} ({TITLES[layout]})"


def try_formats(pixels: Pixels, formats: Iterable[LabelFormat]) -> tuple[list[Reading], list[Attempt]]:
    """Return the readings that explain every pixel, and the attempts that do not, in the order of the formats."""
    readings: list[Reading] = []
    attempts: list[Attempt] = []
    layers = {name: layer for name, read in LAYOUTS.items() if (layer := read(pixels)) is not None}
    for found, layout in _combinations(formats):
        if (layer := layers.get(layout)) is None:
            continue
        if layout == "bgr-colors" and readings and readings[-1].format is found and readings[-1].layout == "colors":
            continue  # colours that make sense as they stand are in the usual order
        meanings = found.colors if layout in OF_COLORS else found.ids
        unknown = np.array([value not in meanings for value in layer.values.tolist()])
        unknown |= _wrongly_numbered(found, layout, layer)
        if unknown.any():
            attempts.append(Attempt(found, layout, layer, unknown))
        else:
            readings.append(_reading(found, layout, layer, pixels))
    return readings, attempts


def by_picture(readings: Iterable[Reading]) -> list[list[Reading]]:
    """Return the readings in groups that give the same picture, each led by the one that came first."""
    groups: dict[bytes, list[Reading]] = {}
    for reading in readings:
        groups.setdefault(reading.classes.tobytes(), []).append(reading)
    return list(groups.values())


def _combinations(formats: Iterable[LabelFormat]) -> Iterator[tuple[LabelFormat, str]]:
    for found in formats:
        for layout in found.layouts:
            yield found, layout


def _wrongly_numbered(found: LabelFormat, layout: str, layer: Layer) -> NDArray[np.bool_]:
    """Return which pixels have the number of an instance although their class has no instances."""
    if layout != "ids-1000" or found.numbered is None or layer.instances is None:
        return np.zeros(layer.values.shape, np.bool_)
    return (layer.instances >= 1000) & ~np.isin(layer.values, list(found.numbered))


def _reading(found: LabelFormat, layout: str, layer: Layer, pixels: Pixels) -> Reading:
    meanings = found.colors if layout in OF_COLORS else found.ids
    chosen = [meanings[value] for value in layer.values.tolist()]
    return Reading(
        found,
        layout,
        np.array([meaning.own for meaning in chosen], np.uint8),
        np.array([meaning.of_image for meaning in chosen], np.uint8),
        layer.instances,
        is_proof=_known_colors(found, layout, layer, pixels, chosen) >= _ENOUGH_COLORS,
    )


def _known_colors(found: LabelFormat, layout: str, layer: Layer, pixels: Pixels, chosen: list[Meaning]) -> int:
    """Count the colours that have the class which the format gives them; none if one of a palette has another."""
    if layout in OF_COLORS:
        return len(set(layer.values.tolist()))
    if pixels.palette is None:
        return 0
    colors = pack_colors(pixels.palette).tolist()
    known = {color: meaning for color, meaning in zip(colors, chosen, strict=True) if color in found.colors}
    return len(known) if all(found.colors[color].own == meaning.own for color, meaning in known.items()) else 0
