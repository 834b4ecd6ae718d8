"""Refuses maps of ids that were resized smoothly: between two classes they show others that nobody drew.

The values of such a seam are ids as well, so that the numbering does not tell.  But they lie nowhere except between
larger and smaller ones.  In 330 street maps resized by the nearest neighbour no more than two classes do so (thin
poles between a house and a tree); in the same maps resized smoothly at least five.
"""

import numpy as np
from numpy.typing import NDArray

from seg2vid_cli.inputs.label_maps.pixels import Pixels
from seg2vid_cli.inputs.pictures.reading import PictureSource
from seg2vid_interface.errors import LabelMapError

_FEWEST = 4
"""Values of seams from which a map is called blurred ..."""
_SHARE = 1 / 8
"""... if they are so many of its values."""
_MOSTLY = 0.6
"""Share of a value's pixels that must lie in seams."""
_SIDE = 512
"""Rows and columns in the middle that are looked at."""
_LEAST_SIDE = 32
"""Rows and columns of the smallest map that is looked at: in a smaller one whole classes are a pixel wide."""


def refuse_blurred_ids(source: PictureSource, pixels: Pixels, ids: NDArray[np.intp]) -> None:
    """Raise LabelMapError if the ids, (K,) of the distinct pixels, were interpolated."""
    which = _middle(pixels.which)
    if min(which.shape) < _LEAST_SIDE or ids.size < _FEWEST:
        return
    counts = np.bincount(which.ravel(), minlength=ids.size)
    between = np.bincount(which[_between(ids.astype(np.int32)[which])], minlength=ids.size)
    of_seams = ids[between > _MOSTLY * counts].tolist()
    if len(of_seams) >= max(_FEWEST, _SHARE * ids.size):
        listed = ", ".join(map(str, of_seams[:_FEWEST]))
        raise LabelMapError(
            f"{source}: ids blurred by smooth resizing or compression: {listed} and more lie only between others",
            "Make it anew, and resize it with nearest-neighbour sampling only.",
        )


def _middle(which: NDArray[np.uint16]) -> NDArray[np.uint16]:
    top, left = (max(0, (side - _SIDE) // 2) for side in which.shape)
    return which[top : top + _SIDE, left : left + _SIDE]


def _between(values: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Return where a value lies strictly between its neighbours to the left and right, or above and below."""
    between = np.zeros(values.shape, np.bool_)
    for turned, marks in ((values, between), (values.T, between.T)):
        before, here, after = turned[:-2], turned[1:-1], turned[2:]
        marks[1:-1] |= (np.minimum(before, after) < here) & (here < np.maximum(before, after))
    return between
