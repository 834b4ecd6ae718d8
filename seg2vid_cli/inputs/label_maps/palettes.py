"""Decides whether a palette picture's indices or its colours name the classes."""

import numpy as np
from numpy.typing import NDArray

from seg2vid_cli.inputs.label_maps.encodings import UNLABELLED, Encoding, Encodings, PixelValues

_GREY_RAMP = np.arange(256, dtype=np.uint32) * 0x010101


def numberings_of_palette(
    indices: PixelValues, palette: NDArray[np.uint32], encodings: Encodings
) -> tuple[Encoding, ...]:
    """Return the numberings in which `indices` may be ids; none if their colours, uint32 (256,) 0xRRGGBB, count.

    All numberings may apply if the palette is a grey ramp; else those that give every index the class of its colour
    (index 255 may have any colour).
    """
    if _is_grey_ramp(palette):
        return encodings.ids
    return tuple(
        numbering
        for numbering in encodings.ids
        if not numbering.unknown(indices.distinct).size
        and any(_agree(numbering, colors, indices.distinct, palette) for colors in encodings.colors)
    )


def _is_grey_ramp(palette: NDArray[np.uint32]) -> bool:
    """Tell whether index i is the grey level i, up to the last index that is not black."""
    defined = int(np.max(np.nonzero(palette), initial=0)) + 1
    return bool(np.array_equal(palette[:defined], _GREY_RAMP[:defined]))


def _agree(numbering: Encoding, colors: Encoding, used: NDArray[np.intp], palette: NDArray[np.uint32]) -> bool:
    return all(numbering.meanings[i] == colors.meanings.get(int(palette[i])) for i in used.tolist() if i != UNLABELLED)
