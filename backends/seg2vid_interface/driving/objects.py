"""What moves by itself: the things of a label map, and where each of them drives or walks.

A thing is what one instance id, or one connected region of a kind, covers.  All of a thing has one motion, and a thing
that moves has one distance too, that of its foot; what is parked is left to the depth of the street around it, as a row
of parked cars reaches far into the picture.  Nothing is run over: what stands in the camera's own lane keeps its
distance.

Lengths are metres: X to the right of the camera, Z ahead of it.

Shape symbols: H, W = height and width, T = frames of a chunk.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from seg2vid_interface.driving.components import components
from seg2vid_interface.driving.paths import Drive, Pose
from seg2vid_interface.driving.things import GROUND, KINDS, MOVES, NUMBERS, Thing, columns_in_lane, what_it_does
from seg2vid_interface.label_spaces import LabelSpace
from seg2vid_interface.latents import object_numbers
from seg2vid_interface.model_card import Camera

MOST: Final = 256
"""Rows of a table of motions: things are numbered 1 to 255, and 0 is all that is no thing."""
SMALLEST = 6  # pixels of 128x256: what covers less is left to the street around it
SHADOW = 0.2  # of a thing's height
NEAREST = 0.8  # metres


@dataclass(frozen=True)
class Objects:
    """The things of a clip."""

    numbers: NDArray[np.uint8]
    """(H, W): 0 = none, else the thing's number; what moves has the ground just below it too, where its shadow lies."""
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
    if thing.is_row:
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
    regions = _parted(components(groups), camera) if instances is None else _numbered(instances, groups)
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
        things.append(what_it_does(mask, int(groups[mask][0]), camera, drawn[first], road=road, rider=rider))
    ids = [n if instances is None else int(instances[regions == region][0]) for n, region in enumerate(chosen, 1)]
    classes = [int(np.bincount(label_map[regions == region]).argmax()) for region in chosen]
    ground = np.array([c.name in GROUND for c in space.classes])[label_map]
    return Objects(_with_shadows(numbers[regions], things, ground), tuple(ids), tuple(classes), tuple(things))


def _parted(regions: NDArray[np.int32], camera: Camera) -> NDArray[np.int32]:
    """Part what stands in the camera's lane from the rows that it is connected with."""
    parted = regions.copy()
    last = int(regions.max())
    for region in range(1, last + 1):
        mask = regions == region
        if (lane := columns_in_lane(mask, camera)).any():
            last += 1
            parted[mask & lane] = last
    return parted


def _with_shadows(numbers: NDArray[np.uint8], things: Sequence[Thing], ground: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Give the ground just below what moves to it: there lies its shadow, which would else stay behind."""
    with_shadows = numbers.copy()
    for number, thing in enumerate(things, 1):
        if not (thing.moves or thing.follows):
            continue
        mask = numbers == number
        for down in range(1, round(SHADOW * np.count_nonzero(mask.any(1))) + 1):
            below = np.zeros_like(mask)
            below[down:] = mask[:-down]
            with_shadows[below & ground & (with_shadows == 0)] = number
    return with_shadows


def _acting(mask: NDArray[np.bool_], groups: NDArray[np.uint8], wholes: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Return what a thing (H, W) moves with: a rider and what is ridden together, though each has an id."""
    if MOVES[int(groups[mask][0]) - 1] != "rides":
        return mask
    together: NDArray[np.bool_] = wholes == np.bincount(wholes[mask]).argmax()
    return together


def _groups(label_map: NDArray[np.uint8], space: LabelSpace) -> NDArray[np.uint8]:
    """Return the kind of thing at each pixel (H, W): 0 = none, the last number = a foreground of another kind."""
    kinds = np.zeros(space.size, np.uint8)
    for index in space.foreground:
        name = space.classes[index].name
        known = [number for number, names in enumerate(KINDS, 1) if name in names]
        kinds[index] = 0 if index == space.other else known[0] if known else len(KINDS) + 1
    return kinds[label_map]


def _numbered(instances: NDArray[np.uint16], groups: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Number the things of given ids, (H, W); what stands on no foreground is none."""
    ids = np.where(groups > 0, instances, 0)
    known, numbers = np.unique(ids, return_inverse=True)
    first = 1 if known[0] else 0
    counted: NDArray[np.int32] = (numbers.reshape(ids.shape) + first).astype(np.int32)
    return counted
