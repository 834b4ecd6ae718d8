"""Camera paths: how fast a camera drives, turns and nods at every moment of a clip.

Rates are rows [forward in m/s, yaw in degrees/s to the right, pitch in degrees/s upwards], float64.

Shape symbols: M = moments, R = rows of a given path, T = frames of a chunk.
"""

import math
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

RATES: Final = ("forward", "yaw", "pitch")
"""Columns of the rates, in this order."""
PATH_CODE: Final = 8
"""Numbers of a latent that say a path: three of the speed, three of the turn, two of the nod."""

MEAN_SPEED, SPEED_DEVIATION = 6.5, 4.0  # m/s
STANDS, REVERSES = -1.6, -2.2  # standard deviations of the speed's number: below them the camera stands, drives back
REVERSE_SPEED = 2.0  # m/s per standard deviation
YAW_DEVIATION = 3.0  # degrees/s
NOD_DEVIATION = 0.35  # degrees/s
LASTING = 0.7  # share of a rate's variance that stays the same all along the clip
SPEED_PERIOD, YAW_PERIOD, NOD_PERIOD = 9.0, 7.0, 1.3  # seconds


class CameraPath(Protocol):
    """A path, as long as one likes."""

    def rates(self, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the rates (M, 3) at moments (M,), in seconds from the first frame."""
        ...


@dataclass(frozen=True)
class GivenPath:
    """A path of rows, linear between them; before the first row and after the last it goes on as there."""

    times: tuple[float, ...]
    """R moments in seconds, each later than the one before."""
    rows: tuple[tuple[float, float, float], ...]
    """The R rates."""

    def rates(self, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
        """See `CameraPath`."""
        return np.stack([np.interp(seconds, self.times, column) for column in zip(*self.rows, strict=True)], 1)


@dataclass(frozen=True)
class DrawnPath:
    """A path that a latent says: each rate varies smoothly, and is at any moment distributed as in real driving."""

    code: tuple[float, ...]
    """The first `PATH_CODE` numbers of the latent, standard normal."""

    def rates(self, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
        """See `CameraPath`."""
        speed = _varying(self.code[:3], SPEED_PERIOD, seconds)
        turn = _varying(self.code[3:6], YAW_PERIOD, seconds)
        nod = _varying((0.0, *self.code[6:8]), NOD_PERIOD, seconds, lasting=0)  # or the camera would look up for ever
        return np.stack([speed_of(speed), YAW_DEVIATION * turn, NOD_DEVIATION * nod], 1)


def speed_of(number: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the speed in m/s that a standard normal number means: most drive, some stand, few drive back."""
    back = np.minimum(number - REVERSES, 0) * REVERSE_SPEED
    speed: NDArray[np.float64] = np.where(number > STANDS, np.maximum(MEAN_SPEED + SPEED_DEVIATION * number, 0), back)
    return speed


def _varying(
    numbers: tuple[float, ...], period: float, seconds: NDArray[np.float64], lasting: float = LASTING
) -> NDArray[np.float64]:
    """Return a number at every moment, standard normal as the three are: one that stays, and a wave of the others."""
    stays, cosine, sine = numbers
    angle = 2 * np.pi * seconds / period
    wave: NDArray[np.float64] = cosine * np.cos(angle) + sine * np.sin(angle)
    return np.asarray(lasting**0.5 * stays + (1 - lasting) ** 0.5 * wave)


def drawn_path(latent: NDArray[np.float32]) -> DrawnPath:
    """Return the path that a motion latent says."""
    return DrawnPath(tuple(latent[:PATH_CODE].tolist()))


def steady(forward: float = 0.0, yaw: float = 0.0, pitch: float = 0.0) -> GivenPath:
    """Return the path of these rates, for ever."""
    return GivenPath((0.0,), ((forward, yaw, pitch),))


NAMED_PATHS: Final[dict[str, GivenPath]] = {
    "still": steady(),
    "straight": steady(forward=8.0),
    "left": steady(forward=6.0, yaw=-8.0),
    "right": steady(forward=6.0, yaw=8.0),
    "brake": GivenPath((0.0, 2.0), ((9.0, 0.0, 0.0), (0.0, 0.0, 0.0))),
    "reverse": steady(forward=-2.0),
}
"""Paths that have a name."""


@dataclass(frozen=True)
class Drive:
    """A path driven at a frame rate: what happens from frame to frame, and where the camera stands then."""

    path: CameraPath
    frames_per_second: float
    chunk_frames: int
    """T."""

    def steps(self, chunk: int) -> NDArray[np.float32]:
        """Return the steps (T + 1, 3) of chunk 0, 1, ..., as `ClipRequest.camera` wants them."""
        rows = self.rows(chunk + 1)[chunk * self.chunk_frames :]
        rows[0, :2] = 0
        return rows.astype(np.float32)

    def pose(self, chunk: int) -> "Pose":
        """Return where the camera stands when a chunk begins."""
        forward, turned, _ = self.rows(chunk).T
        heading = np.cumsum(turned)
        middle = heading - turned / 2
        return Pose(
            x=float((forward * np.sin(middle)).sum()),
            z=float((forward * np.cos(middle)).sum()),
            heading=float(heading[-1]),
            backed=float(-np.minimum(forward, 0).sum()),
        )

    def rows(self, chunks: int) -> NDArray[np.float64]:
        """Return metres forward, radians turned since the frame before, and tilt, of all frames of the first chunks.

        From the clip's first frame on: a sum that is begun anew would come out a bit otherwise.
        """
        rates = self.path.rates(np.arange(chunks * self.chunk_frames + 1) / self.frames_per_second)
        driven = (rates[1:] + rates[:-1]) / 2 / self.frames_per_second  # exact for a path linear between frames
        rows = np.concatenate([np.zeros((1, 3)), driven])
        rows[:, 1:] = np.deg2rad(rows[:, 1:])
        rows[:, 2] = np.cumsum(rows[:, 2])
        return rows


@dataclass(frozen=True)
class Pose:
    """Where a camera stands; it began at x = z = 0, looking along z."""

    x: float
    """Metres to the right."""
    z: float
    """Metres ahead."""
    heading: float
    """Radians to the right."""
    backed: float
    """Metres that it has driven backwards."""

    def sees(self, x: float, z: float) -> tuple[float, float]:
        """Return where a point of the street lies for the camera: metres to its right and ahead of it."""
        sine, cosine = math.sin(self.heading), math.cos(self.heading)
        x, z = x - self.x, z - self.z
        return x * cosine - z * sine, x * sine + z * cosine
