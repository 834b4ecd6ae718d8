"""Random numbers, label maps and pictures for the contract's tests, drawn as the command line draws its numbers.

A sample's numbers depend on it alone, so that every backend and every run is asked the same.
"""

from collections.abc import Callable
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from seg2vid_interface.instance_edges import instance_edges


class _Purpose(IntEnum):
    """What a stream of numbers is for."""

    LATENT = 0
    IMAGE_NOISE = 1
    CHUNK_NOISE = 2
    LABELS = 3
    PICTURE = 4


def latent(sample: int, size: int) -> NDArray[np.float32]:
    """Draw the motion code of a clip: (size,), standard normal."""
    return _stream(sample, _Purpose.LATENT).standard_normal(size, np.float32)


def image_noise(sample: int, size: int) -> NDArray[np.float32]:
    """Draw the noise that gives the first frame its look: (size,), standard normal."""
    return _stream(sample, _Purpose.IMAGE_NOISE).standard_normal(size, np.float32)


def chunk_noise(sample: int, size: tuple[int, int]) -> Callable[[int], NDArray[np.float32]]:
    """Return the function chunk number (0, 1, ...) -> (3, height, width), standard normal."""
    return lambda chunk: _stream(sample, _Purpose.CHUNK_NOISE, chunk).standard_normal((3, *size), np.float32)


def label_map(sample: int, size: tuple[int, int], classes: int) -> NDArray[np.uint8]:
    """Draw a map (height, width) of 4x4 areas, each of one class."""
    areas = _stream(sample, _Purpose.LABELS).integers(classes, size=(4, 4), dtype=np.uint8)
    rows, columns = (np.arange(side) * 4 // side for side in size)
    return np.ascontiguousarray(areas[rows][:, columns])


def edges(sample: int, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Draw where the instances of a scene (height, width) meet: the borders of 4x4 areas."""
    return instance_edges(label_map(sample, size, classes=256))


def picture(sample: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Draw a smooth RGB picture (height, width, 3) of all brightnesses: slow waves in both directions."""
    phases = _stream(sample, _Purpose.PICTURE).uniform(0, 2 * np.pi, (2, 3))
    y, x = (np.linspace(0, 4 * np.pi, side)[:, None] + phases[axis] for axis, side in enumerate(size))
    values: NDArray[np.float64] = 127.5 + 63.75 * (np.sin(y)[:, None] + np.sin(x)[None])
    return np.rint(values).astype(np.uint8)


def noisy_picture(sample: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Draw a picture (height, width, 3) whose every value is by chance."""
    return _stream(sample, _Purpose.PICTURE).integers(256, size=(*size, 3), dtype=np.uint8)


def _stream(sample: int, purpose: _Purpose, chunk: int = 0) -> np.random.Generator:
    counter = np.array([0, chunk, purpose, sample], np.uint64)  # its lowest word is the one that counts up
    return np.random.Generator(np.random.Philox(key=0, counter=counter))
