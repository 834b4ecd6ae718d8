"""What moves by itself: the things of a label map, and where each of them drives or walks.

A thing is what one instance id, or one connected region of a kind, covers.  All of a thing has one motion, and a thing
that moves has one distance too, that of its foot; what is parked is left to the depth of the street around it, as a row
of parked cars reaches far into the picture.  Nothing is run over: what stands in the camera's own lane keeps its
distance.

Lengths are metres: X to the right of the camera, Z ahead of it.

Shape symbols: H, W = height and width, T = frames of a chunk.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from seg2vid_interface.driving.components import components
from seg2vid_interface.driving.paths import Drive, Pose
from seg2vid_interface.label_spaces import LabelSpace
from seg2vid_interface.latents import object_numbers
from seg2vid_interface.model_card import Camera

MOST: Final = 256
"""Rows of a table of motions: things are numbered 1 to 255, and 0 is all that is no thing."""
SMALLEST = 6  # pixels of 128x256: what covers less is left to the street around it

_KINDS: Final = (
    ("person",),
    ("rider", "bicycle", "motorcycle"),  # a rider and what is ridden are one thing
    ("car",),
    ("truck", "bus", "train"),
)
_TALL: Final = (1.7, 1.7, 1.5, 3.0, 1.7)
"""Metres, of each kind and of what is of none."""
_MOVES: Final = ("walks", "rides", "drives", "drives", "walks")
"""How each kind moves, and what is of none of them."""
LANE = 1.4  # metres to either side of the camera: what reaches into it is in our lane
ROAD_SIDE = 7.0  # metres to the left within which single vehicles may come towards us
NUMBERS = 2  # random ones of a thing: whether it moves, and how fast
WALKING, RIDING, COMING = (0.9, 1.6), (3.0, 5.0), (5.0, 9.0)  # m/s
GOING_SHARE, COMING_SHARE = 0.7, 0.5  # of those who walk or ride, of the vehicles on the other lane
ROW_ASPECT, ROW_SPREAD = 3.5, 0.35  # width by height, spread of the feet: beyond, it is a row of things
LIKELY_TALL = 0.8  # of the height that its kind has: not all of it may be seen
LOWEST = 0.5  # pixels per metre
NEAREST = 0.8  # metres


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

    @property
    def moves(self) -> bool:
        """Whether it moves by itself."""
        return bool(self.along or self.across)


@dataclass(frozen=True)
class Objects:
    """The things of a clip."""

    numbers: NDArray[np.uint8]
    """(H, W): 0 = none, else the thing's number."""
    ids: tuple[int, ...]
    """The instance id of thing 1, 2, ..., or where none were given its number."""
    classes: tuple[int, ...]
    """The class index of thing 1, 2, ...: that of most of its pixels."""
    things: tuple[Thing, ...]

    def motion(self, drive: Drive, chunk: int) -> NDArray[np.float32]:
        """Return the table (MOST, 4) of chunk 0, 1, ..., as `ClipRequest.object_motion` wants it."""
        rows = np.zeros((MOST, 4), np.float32)
        pose, seconds = drive.pose(chunk), chunk * drive.chunk_frames / drive.frames_per_second
        backs = drive.pose(chunk + 1).backed > pose.backed
        for number, thing in enumerate(self.things, 1):
            rows[number] = _row(thing, pose, seconds, drive.frames_per_second, backs=backs)
        return rows


def _row(thing: Thing, pose: Pose, seconds: float, frames_per_second: float, *, backs: bool) -> tuple[float, ...]:
    if thing.follows:
        return 1 / max(thing.z + pose.backed, NEAREST), not backs, 0.0, 0.0
    if not thing.moves:
        return 0.0, 0.0, 0.0, 0.0
    _, ahead = pose.sees(thing.x + thing.across * seconds, thing.z + thing.along * seconds)
    sine, cosine = math.sin(pose.heading), math.cos(pose.heading)
    forward, right = thing.along * cosine + thing.across * sine, thing.across * cosine - thing.along * sine
    return 1 / max(ahead, NEAREST), 0.0, forward / frames_per_second, right / frames_per_second


def find_objects(
    label_map: NDArray[np.uint8],
    instances: NDArray[np.uint16] | None,
    space: LabelSpace,
    camera: Camera,
    *,
    seed: int,
    sample: int,
) -> Objects:
    """Find the things of a label map and decide what they do.

    Args:
        label_map: (H, W) class indices.
        instances: (H, W) ids of the things, 0 and whatever stands on the background = none; None = to be told from the
            label map.
        space: of the label map.
        camera: that sees it.
        seed: of the clip; with `sample`, 1, 2, ..., it says what each thing does.
    """
    groups = _groups(label_map, space)
    regions = components(groups) if instances is None else _numbered(instances, groups)
    smallest = SMALLEST * groups.size / (128 * 256)
    areas = np.bincount(regions.ravel())
    chosen = [n for n in range(1, len(areas)) if areas[n] >= smallest]
    chosen = sorted(chosen, key=lambda n: -areas[n])[: MOST - 1]
    numbers = np.zeros(len(areas), np.uint8)
    numbers[chosen] = np.arange(1, len(chosen) + 1)
    drawn = object_numbers(seed, sample, (MOST, NUMBERS))
    road, rider = (np.array([c.name == name for c in space.classes])[label_map] for name in ("road", "rider"))
    wholes, things = regions if instances is None else components(groups), []
    for region in chosen:
        mask = _acting(regions == region, groups, wholes)
        first = min(set(numbers[regions[mask]].tolist()) - {0}) - 1
        things.append(_thing(mask, int(groups[mask][0]), camera, drawn[first], road=road, rider=rider))
    ids = [n if instances is None else int(instances[regions == region][0]) for n, region in enumerate(chosen, 1)]
    classes = [int(np.bincount(label_map[regions == region]).argmax()) for region in chosen]
    return Objects(numbers[regions], tuple(ids), tuple(classes), tuple(things))


def _acting(mask: NDArray[np.bool_], groups: NDArray[np.uint8], wholes: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Return what a thing (H, W) moves with: a rider and what is ridden together, though each has an id."""
    if _MOVES[int(groups[mask][0]) - 1] != "rides":
        return mask
    together: NDArray[np.bool_] = wholes == np.bincount(wholes[mask]).argmax()
    return together


def _groups(label_map: NDArray[np.uint8], space: LabelSpace) -> NDArray[np.uint8]:
    """Return the kind of thing at each pixel (H, W): 0 = none, the last number = a foreground of another kind."""
    kinds = np.zeros(space.size, np.uint8)
    for index in space.foreground:
        name = space.classes[index].name
        known = [number for number, names in enumerate(_KINDS, 1) if name in names]
        kinds[index] = 0 if index == space.other else known[0] if known else len(_KINDS) + 1
    return kinds[label_map]


def _numbered(instances: NDArray[np.uint16], groups: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Number the things of given ids, (H, W); what stands on no foreground is none."""
    ids = np.where(groups > 0, instances, 0)
    known, numbers = np.unique(ids, return_inverse=True)
    first = 1 if known[0] else 0
    counted: NDArray[np.int32] = (numbers.reshape(ids.shape) + first).astype(np.int32)
    return counted


def _thing(
    mask: NDArray[np.bool_],
    group: int,
    camera: Camera,
    numbers: NDArray[np.float32],
    *,
    road: NDArray[np.bool_],
    rider: NDArray[np.bool_],
) -> Thing:
    """Say what a thing does, by its kind, its place, and two numbers even in 0..1."""
    left, right, z, is_row = _place(mask, _TALL[group - 1], camera)
    x = (left + right) / 2
    kind = _MOVES[group - 1]
    in_lane = left < LANE and right > -LANE
    if in_lane and not is_row:
        return Thing(x, z, follows=True)
    goes, fast = numbers.tolist()
    if kind == "drives":
        comes = -ROAD_SIDE < x < 0 and not is_row and _stands_on(mask, road) and goes < COMING_SHARE
        return Thing(x, z, along=-_between(COMING, fast)) if comes else Thing(x, z)
    if goes > GOING_SHARE or (kind == "rides" and not rider[mask].any()):
        return Thing(x, z)
    speed = _between(WALKING if kind == "walks" else RIDING, fast)
    away = x > 0 if kind == "rides" else goes < GOING_SHARE / 2
    return Thing(x, z, along=speed if away else -speed)


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
