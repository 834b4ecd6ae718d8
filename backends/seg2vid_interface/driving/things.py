"""What a thing does: whether it stands, drives, walks, or keeps its place ahead of the camera.

Lengths are metres: X to the right of the camera, Z ahead of it.

Shape symbols: H, W = height and width.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from seg2vid_interface.model_card import Camera

KINDS: Final = (
    ("person",),
    ("rider", "bicycle", "motorcycle"),  # a rider and what is ridden are one thing
    ("car",),
    ("truck", "bus", "train"),
)
"""Names of classes that are things of one kind."""
GROUND: Final = ("road", "sidewalk", "terrain")
"""Names of classes that things stand on, the road first."""
TALL: Final = (1.7, 1.7, 1.5, 3.0, 1.7)
"""Metres, of each kind and of what is of none."""
MOVES: Final = ("walks", "rides", "drives", "drives", "walks")
"""How each kind moves, and what is of none of them."""
LANE = 1.4  # metres to either side of the camera: what reaches into it is in our lane
ROAD_SIDE = 7.0  # metres to the left within which single vehicles may come towards us
NUMBERS = 2  # random ones of a thing: whether it moves, and how fast
WALKING, RIDING, COMING = (0.9, 1.6), (3.0, 5.0), (5.0, 9.0)  # m/s
GOING_SHARE, COMING_SHARE = 0.7, 0.5  # of those who walk or ride, of the vehicles on the other lane
ROW_ASPECT, ROW_SPREAD = 3.5, 0.35  # width by height, spread of the feet: beyond, it is a row of things
FEWEST_COLUMNS = 3  # of a thing
LIKELY_TALL = 0.8  # of the height that its kind has: not all of it may be seen
LOWEST = 0.5  # pixels per metre


@dataclass(frozen=True)
class Thing:
    """One thing at the clip's first frame."""

    x: float
    z: float
    follows: bool = False
    """Keeps its place relative to the camera, while that drives forward."""
    along: float = 0.0
    """m/s down the street, away from the camera's first place."""
    across: float = 0.0
    """m/s to the right."""
    is_row: bool = False
    """Whether it is a row of things, one behind the other."""

    @property
    def moves(self) -> bool:
        """Whether it moves by itself."""
        return bool(self.along or self.across)


def what_it_does(
    mask: NDArray[np.bool_],
    group: int,
    camera: Camera,
    numbers: NDArray[np.float32],
    *,
    road: NDArray[np.bool_],
    rider: NDArray[np.bool_],
) -> Thing:
    """Say what a thing does.

    Args:
        mask: (H, W), the thing.
        group: its kind, 1 for the first of `KINDS`, one more than there are for others.
        camera: that sees it.
        numbers: (NUMBERS,), even in 0..1: whether it moves, and how fast.
        road: (H, W), what is road.
        rider: (H, W), what is a rider.
    """
    left, right, z, is_row = _place(mask, TALL[group - 1], camera)
    x = (left + right) / 2
    kind = MOVES[group - 1]
    in_lane = left < LANE and right > -LANE
    if in_lane and not is_row:
        return Thing(x, z, follows=True)
    goes, fast = numbers.tolist()
    if kind == "drives":
        comes = -ROAD_SIDE < x < 0 and not is_row and _stands_on(mask, road) and goes < COMING_SHARE
        return Thing(x, z, along=-_between(COMING, fast)) if comes else Thing(x, z, is_row=is_row)
    if is_row or goes > GOING_SHARE or (kind == "rides" and not rider[mask].any()):
        return Thing(x, z, is_row=is_row)
    speed = _between(WALKING if kind == "walks" else RIDING, fast)
    away = x > 0 if kind == "rides" else goes < GOING_SHARE / 2
    return Thing(x, z, along=speed if away else -speed)


def columns_in_lane(mask: NDArray[np.bool_], camera: Camera) -> NDArray[np.bool_]:
    """Return which columns (W,) of a row of things (H, W) stand in the camera's lane: things of which one drives ahead.

    A row that is none, or is no more than a few columns there, has none.
    """
    height, width = mask.shape
    columns = np.flatnonzero(mask.any(0))
    below = height - 1 - np.argmax(mask[::-1, columns], 0) - camera.horizon * height
    sideways = (columns - (width - 1) / 2) * camera.height / np.maximum(below, 1)
    chosen = np.zeros(width, np.bool_)
    chosen[columns[(np.abs(sideways) < LANE) & (below > 1)]] = True
    few = np.count_nonzero(chosen) < FEWEST_COLUMNS
    return np.zeros_like(chosen) if few or not is_a_row(mask, camera) else chosen


def is_a_row(mask: NDArray[np.bool_], camera: Camera) -> bool:
    """Say whether what is connected (H, W) is a row of things, one behind the other, rather than one."""
    *_, is_row = _place(mask, TALL[0], camera)
    return is_row


def _place(mask: NDArray[np.bool_], tall: float, camera: Camera) -> tuple[float, float, float, bool]:
    """Return a thing's left and right edge and its distance in metres, and whether it is a row of things."""
    height, width = mask.shape
    columns, rows = np.flatnonzero(mask.any(0)), np.flatnonzero(mask.any(1))
    feet = height - 1 - np.argmax(mask[::-1, columns], 0)
    below = np.maximum(feet - camera.horizon * height, 0)
    foot = float(np.percentile(below, 90))
    is_row = len(columns) > ROW_ASPECT * len(rows) or float(np.percentile(below, 30)) < (1 - ROW_SPREAD) * foot
    # Where something hides its foot, how tall it looks says at least that it is not as far as the horizon.
    per_metre = max(foot / camera.height, LIKELY_TALL * len(rows) / tall, LOWEST)  # pixels
    left, right = float(columns[0]) - (width - 1) / 2, float(columns[-1]) - (width - 1) / 2
    return left / per_metre, right / per_metre, camera.focal_length * width / per_metre, is_row


def _stands_on(mask: NDArray[np.bool_], ground: NDArray[np.bool_]) -> bool:
    """Say whether most of what lies just below a thing is this ground."""
    below = np.zeros_like(mask)
    below[1:] = mask[:-1]
    below &= ~mask
    feet = below & (np.arange(mask.shape[0])[:, None] > np.flatnonzero(mask.any(1)).mean())
    return bool(ground[feet].mean() > 0.5) if feet.any() else False


def _between(limits: tuple[float, float], share: float) -> float:
    low, high = limits
    return low + (high - low) * share
