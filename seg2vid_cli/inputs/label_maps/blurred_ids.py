"""Refuses maps of ids that were resized smoothly: between two classes they show others that nobody drew.

The values of such a seam are ids as well, so that the numbering does not tell.  But there are many pixels that lie
strictly between their neighbours, where a map that was drawn has few (thin poles between a house and a tree): as edges
are lines, their share falls as the picture grows, so it is taken times the shorter side.  In 2,400 street maps resized
by the nearest neighbour that is at most 1.2; resized smoothly, 1.5 or more in 99 of 100, and 4 to 20 as a rule.
"""

import numpy as np
from numpy.typing import NDArray

from seg2vid_cli.inputs.label_maps.pixels import Pixels
from seg2vid_cli.inputs.pictures.reading import PictureSource
from seg2vid_interface.errors import LabelMapError

_LARGEST = 1.5
"""Share of pixels that lie between their neighbours, times the shorter side."""
_MOST_IDS = 100
"""Values from which a picture is no label map but a photograph."""
_SIDE = 512
"""Rows and columns in the middle that are looked at."""
_LEAST_SIDE = 32
"""Rows and columns of the smallest map that is looked at: in a smaller one whole classes are a pixel wide."""


def refuse_blurred_ids(source: PictureSource, pixels: Pixels) -> None:
    """Raise LabelMapError if the picture's ids, whatever they mean, were interpolated."""
    ids = _ids(pixels)
    top, left = (max(0, (side - _SIDE) // 2) for side in pixels.which.shape)
    which = pixels.which[top : top + _SIDE, left : left + _SIDE]
    if ids is None or ids.size > _MOST_IDS or min(which.shape) < _LEAST_SIDE:
        return
    if _between(ids[which]).mean() * min(which.shape) > _LARGEST:
        raise LabelMapError(
            f"{source}: ids blurred by smooth resizing or compression",
            "Make it anew, and resize it with nearest-neighbour sampling only.",
        )


def _ids(pixels: Pixels) -> NDArray[np.int32] | None:
    """Return the grey levels, or the one channel that is not zero; a palette's indices are never interpolated."""
    if pixels.palette is not None or pixels.channels == 4 or pixels.is_lossy:
        return None
    used = pixels.distinct[:, pixels.distinct.any(axis=0)]
    return used[:, 0].astype(np.int32) if used.size and (used == used[:, :1]).all() else None


def _between(values: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Return where a value lies strictly between its neighbours to the left and right, or above and below."""
    between = np.zeros(values.shape, np.bool_)
    for turned, marks in ((values, between), (values.T, between.T)):
        before, here, after = turned[:-2], turned[1:-1], turned[2:]
        marks[1:-1] |= (np.minimum(before, after) < here) & (here < np.maximum(before, after))
    return between
