"""The road that a label map shows, and a path that keeps to it.

A path that is drawn knows nothing of the street: it may turn where there is a wall.  Here it is driven as somebody
would who sees the road: turned where it would leave the road a few metres on, and braked where the road ends.

Lengths are metres: X to the right of the camera's first place, Z ahead of it.

Shape symbols: H, W = height and width, R = rows of the label map that show road, M = moments.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from seg2vid_interface.driving.objects import Objects
from seg2vid_interface.driving.paths import CameraPath
from seg2vid_interface.driving.things import GROUND
from seg2vid_interface.label_spaces import LabelSpace
from seg2vid_interface.model_card import Camera

SOON = 20.0  # metres
FARTHEST = 60.0  # metres: further away a row of pixels says too little
BONNET_FROM = 0.75  # of the height: unlabelled pixels below are the camera's own car
GAP = 2  # pixels of a row that a post or a label's ragged edge may take

MARGIN = 1.3  # metres between the camera and the edge of the road
LOOKS_AHEAD = (4.0, 7.0, 10.0, 14.0, 19.0, 25.0)  # metres
TIGHTEST = 6.0  # metres: radius of a car's turn
BRAKING, SIDEWAYS = 2.5, 1.5  # m/s^2 along and across: as people drive
STOPS_BEFORE = 7.0  # metres before the road ends
STEP = 0.1  # seconds
SETTLING = 0.3  # seconds in which wheel and brake take effect


@dataclass(frozen=True)
class Road:
    """Where one can drive."""

    ahead: NDArray[np.float64]
    """(R,) metres, growing."""
    left: NDArray[np.float64]
    """(R,), the road's edges there; infinite where the picture does not show one."""
    right: NDArray[np.float64]
    end: float
    """Metres ahead; infinite if it goes on as far as can be seen."""

    def edges(self, z: float) -> tuple[float, float]:
        """Return the left and right edge at a distance; before the first row and behind the last they go straight."""
        row = int(np.clip(np.searchsorted(self.ahead, z), 0, len(self.ahead) - 1))
        return float(self.left[row]), float(self.right[row])


def road_of(label_map: NDArray[np.uint8], objects: Objects, space: LabelSpace, camera: Camera) -> Road | None:
    """Return the road of a label map (H, W), from the camera on; None if it stands on no ground.

    What keeps its place ahead of the camera is no obstacle; all else that stands on the road ends or narrows it.  Where
    the road ends soon, all other ground counts as road: a square or a yard, or a kerb that can be driven over.
    """
    passable = _passable(label_map, objects, space)
    roads = [_seen_from(passable | _among(label_map, space, names), camera) for names in (GROUND[:1], GROUND)]
    first, other = roads
    return other if first is None or (other and first.end < SOON and other.end > first.end) else first


def _seen_from(free: NDArray[np.bool_], camera: Camera) -> Road | None:
    """Return the road of what is free (H, W), row by row from the camera on."""
    height, width = free.shape
    focal, below = camera.focal_length * width, np.arange(height) - camera.horizon * height
    rows: list[tuple[float, float, float]] = []
    run, end = (0.0, 0.0), math.inf
    for y in range(height - 1, -1, -1):
        if below[y] <= 0 or (z := focal * camera.height / below[y]) > FARTHEST:
            break
        found = max(_runs(free[y], z / focal), key=lambda edges: _overlap(edges, run), default=None)
        if found is None or _overlap(found, run) < (0 if not rows else 1e-9):
            end = rows[-1][0] if rows else 0
            break
        run = found
        rows.append((z, *run))
    if not rows:
        return None
    ahead, left, right = np.array(rows).T
    border = (width - 1) / 2 / focal * ahead - 1e-9
    return Road(ahead, np.where(left <= -border, -np.inf, left), np.where(right >= border, np.inf, right), end)


def _overlap(edges: tuple[float, float], others: tuple[float, float]) -> float:
    return min(edges[1], others[1]) - max(edges[0], others[0])


def _passable(label_map: NDArray[np.uint8], objects: Objects, space: LabelSpace) -> NDArray[np.bool_]:
    """Return (H, W) where the camera's own car hides the road, or a thing that stays ahead."""
    rows = np.arange(len(label_map))[:, None]
    follows = np.array([False, *(thing.follows for thing in objects.things)])[objects.numbers]
    return np.asarray(follows | (label_map == space.other) & (rows > BONNET_FROM * len(rows)))


def _among(label_map: NDArray[np.uint8], space: LabelSpace, names: Sequence[str]) -> NDArray[np.bool_]:
    return np.array([label_class.name in names for label_class in space.classes])[label_map]


def _runs(free: NDArray[np.bool_], metres: float) -> list[tuple[float, float]]:
    """Return left and right edges of what is free of a row (W,), a pixel of which is so many metres wide."""
    middle = (len(free) - 1) / 2
    edges = np.flatnonzero(np.diff(np.concatenate([[0], free.astype(np.int8), [0]])))
    runs: list[list[int]] = []
    for first, behind in edges.reshape(-1, 2).tolist():
        if runs and first - runs[-1][1] <= GAP:
            runs[-1][1] = behind
        else:
            runs.append([first, behind])
    return [((first - middle) * metres, (behind - 1 - middle) * metres) for first, behind in runs]


class RoadPath:
    """A path that does what another one says as far as that keeps to the road."""

    def __init__(self, path: CameraPath, road: Road) -> None:
        """Build it; nothing is driven yet."""
        self._path, self._road = path, road
        self._x = self._z = self._heading = 0.0
        self._changes = [self._change(*self._wanted(0.0))]  # of speed in m/s and turn in radians/s, every STEP
        self._lock = Lock()  # motion is told on a thread of its own, beside that which writes the path down

    def rates(self, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
        """See `CameraPath`."""
        with self._lock:
            while (len(self._changes) - 1) * STEP < seconds.max():
                self._drive()
            speed, turn = np.array(self._changes).T
        moments = np.arange(len(speed)) * STEP
        rates = self._path.rates(seconds).copy()
        rates[:, 0] += np.interp(seconds, moments, speed)
        rates[:, 1] += np.rad2deg(np.interp(seconds, moments, turn))
        return rates

    def _drive(self) -> None:
        """Drive for one STEP."""
        seconds = (len(self._changes) - 1) * STEP
        speed, turn = (a + b for a, b in zip(self._wanted(seconds), self._changes[-1], strict=True))
        self._heading += turn * STEP
        self._x += speed * STEP * math.sin(self._heading)
        self._z += speed * STEP * math.cos(self._heading)
        change = zip(self._changes[-1], self._change(*self._wanted(seconds + STEP)), strict=True)
        faster, further = (before + (now - before) * STEP / SETTLING for before, now in change)
        self._changes.append((faster, further))

    def _wanted(self, seconds: float) -> tuple[float, float]:
        """Return the speed in m/s and the turn in radians/s that the other path has."""
        ((speed, turn, _),) = self._path.rates(np.array([seconds])).tolist()
        return speed, math.radians(turn)

    def _change(self, speed: float, turn: float) -> tuple[float, float]:
        """Return what is to be added to a speed and a turn here."""
        room = max(self._road.end - STOPS_BEFORE - self._z, 0)
        late = BRAKING * SETTLING  # m/s: the brake takes effect as late as the wheel
        driven = min(speed, math.hypot(late, math.sqrt(2 * BRAKING * room)) - late)
        least, most = self._bends() if driven > 0 else (-1 / TIGHTEST, 1 / TIGHTEST)
        kept = min(max(turn, least * abs(driven)), most * abs(driven))
        fastest = SIDEWAYS / max(abs(driven), 1)
        return driven - speed, min(max(kept, -fastest), fastest) - turn

    def _bends(self) -> tuple[float, float]:
        """Return the smallest and the largest bend, 1 / metres to the right, that stay on the road from here.

        What lies near counts first: where no bend suits it all, the farther has no say.
        """
        least, most = -1 / TIGHTEST, 1 / TIGHTEST
        for ahead in LOOKS_AHEAD:
            low, high = self._bends_at(ahead)
            if low > most or high < least:
                nearest = most if low > most else least
                return nearest, nearest
            least, most = max(least, low), min(most, high)
        return least, most

    def _bends_at(self, ahead: float) -> tuple[float, float]:
        """Return the same for what lies so many metres ahead."""
        x, z = self._x + ahead * math.sin(self._heading), self._z + ahead * math.cos(self._heading)
        left, right = self._road.edges(z)
        margin = min(MARGIN, (right - left) / 2)
        per_metre = 2 * math.cos(self._heading) / ahead**2  # a bend leads aside by its half of the square of the way
        return (left + margin - x) * per_metre, (right - margin - x) * per_metre
