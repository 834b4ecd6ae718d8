"""How much a class picture looks like a street: the rule that decides where several numberings fit a picture.

A street has its sky and buildings above, its road below, and no class of instances fills half of it.  The table says
how large a share of the upper, middle and lower third each class has, on average over 582 label maps of Cityscapes and
CamVid.  A reading's score is the mean, over its pixels, of the logarithm of the share that the pixel's class has in the
pixel's third: 0 would be certainty, -1.5 is the usual street, and most wrong numberings lie below -2.5.  One that is
"other" for the most part scores minus infinity.

The limits are such that it errs towards asking.  When those maps were written in the numberings of Cityscapes, CamVid,
CARLA and IDD and read in one another's, no wrong reading of 12,000 reached USUAL, and none that was PLAUSIBLE led the
right one by CLEAR_LEAD; of the right readings one in twenty is below PLAUSIBLE, and is asked for.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from seg2vid_cli.inputs.label_maps.pixels import Pixels
from seg2vid_interface.label_spaces import LabelSpace

USUAL = -1.8
"""Score of a reading in a common numbering that need not be compared with those of rarer ones."""
FEWEST_CLASSES = 4
"""Classes without which no reading is USUAL, for two or three lie well by chance."""
PLAUSIBLE = -2.1
"""Score that a reading needs to be taken without being asked for."""
CLEAR_LEAD = 0.5
"""By how much its score must be above that of every other picture."""

_MOST_OTHER = 0.5
"""Share of "other" beyond which a reading is no street at all: a wrong numbering leaves most pixels without a class."""
_LEAST = 2
_SHARES = {
    "road": (0, 280, 699),
    "sidewalk": (0, 98, 80),
    "building": (469, 193, 8),
    "wall": (2, 12, 0),
    "fence": (3, 26, 2),
    "pole": (9, 10, 0),
    "traffic light": (3, 0, 0),
    "traffic sign": (13, 4, 0),
    "vegetation": (322, 87, 3),
    "terrain": (0, 18, 5),
    "sky": (119, 2, 0),
    "person": (2, 29, 2),
    "rider": (0, 4, 0),
    "car": (5, 144, 22),
    "truck": (5, 6, 0),
    "bus": (0, 3, 0),
    "train": (0, 2, 0),
    "motorcycle": (0, 2, 0),
    "bicycle": (0, 9, 0),
    "other": (50, 50, 50),
}
"""Class -> thousandths of the upper, middle and lower third; "other" is kept low, for a wrong numbering has much of it.

What is less than _LEAST counts as _LEAST.
"""
_SIDE = 256
"""Rows and columns that are looked at; more of a large picture say no more."""


def scores(pixels: Pixels, pictures: Sequence[NDArray[np.uint8]], space: LabelSpace) -> list[float] | None:
    """Return the score of each class picture, given as the class indices (K,) of the distinct pixels.

    None if the label space has other classes than streets have.
    """
    if any(label_class.name not in _SHARES for label_class in space.classes):
        return None
    shares = np.array([_SHARES[label_class.name] for label_class in space.classes], np.float64).clip(_LEAST)
    logarithms = np.log(shares / shares.sum(axis=0))  # (classes, thirds)
    counts = _counts_by_third(pixels)
    means = [float((logarithms[classes] * counts).sum() / counts.sum()) for classes in pictures]
    others = [float(counts[classes == space.other].sum() / counts.sum()) for classes in pictures]
    return [-math.inf if other > _MOST_OTHER else mean for mean, other in zip(means, others, strict=True)]


def _counts_by_third(pixels: Pixels) -> NDArray[np.float64]:
    """Return how often each of the K distinct pixels occurs in each third, (K, 3), each third of equal weight."""
    height, width = pixels.which.shape
    sample = pixels.which[:: max(1, height // _SIDE), :: max(1, width // _SIDE)]
    counts = [np.bincount(third.ravel(), minlength=len(pixels.distinct)) for third in np.array_split(sample, 3)]
    shares: NDArray[np.float64] = np.stack(counts, axis=1) / [count.sum() for count in counts]
    return shares
