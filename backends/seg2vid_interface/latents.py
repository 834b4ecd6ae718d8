"""Random numbers of a clip, drawn here so that every backend gets the same.

NumPy's Philox is counter-based: the seed is its key, and (sample, purpose, chunk) stand in the upper words of its
256-bit counter, so each of them names a stream of 2**64 steps of its own.  The latent of sample k depends on (seed, k)
alone, its style and texture on (style seed, k), and the noise of chunk c on (seed, k, c); a longer video therefore
begins with the shorter one, and sample 1 of many is the single sample of that seed.
"""

from collections.abc import Callable
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


class Purpose(IntEnum):
    """What a stream of numbers is for."""

    LATENT = 0
    STYLE = 1
    CHUNK_NOISE = 2
    TEXTURE = 3
    OBJECTS = 4


def motion_latent(seed: int, sample: int, size: int) -> NDArray[np.float32]:
    """Draw the motion code of a clip: (size,), standard normal; `sample` counts 1, 2, ..."""
    return _standard_normal(seed, sample, Purpose.LATENT, 0, (size,))


def image_style(seed: int, sample: int, size: int) -> NDArray[np.float32]:
    """Draw the style that gives the first frame its light and colours: (size,), standard normal."""
    return _standard_normal(seed, sample, Purpose.STYLE, 0, (size,))


def image_texture(seed: int, sample: int, shape: tuple[int, int, int]) -> NDArray[np.float32]:
    """Draw the texture that gives the first frame its grain: `shape` = channels, height, width; standard normal."""
    return _standard_normal(seed, sample, Purpose.TEXTURE, 0, shape)


def object_numbers(seed: int, sample: int, shape: tuple[int, int]) -> NDArray[np.float32]:
    """Draw the numbers that say what things do: `shape` = things, numbers of each; even in 0..1."""
    return _stream(seed, sample, Purpose.OBJECTS, 0).random(shape, dtype=np.float32)


def chunk_noise(seed: int, sample: int, shape: tuple[int, int, int]) -> Callable[[int], NDArray[np.float32]]:
    """Return the function chunk number (0, 1, ...) -> noise of `shape` = channels, height, width, standard normal."""

    def noise(chunk: int) -> NDArray[np.float32]:
        return _standard_normal(seed, sample, Purpose.CHUNK_NOISE, chunk, shape)

    return noise


def _standard_normal(
    seed: int, sample: int, purpose: Purpose, chunk: int, shape: tuple[int, ...]
) -> NDArray[np.float32]:
    return _stream(seed, sample, purpose, chunk).standard_normal(shape, dtype=np.float32)


def _stream(seed: int, sample: int, purpose: Purpose, chunk: int) -> np.random.Generator:
    # the counter's lowest word is the one that counts up
    return np.random.Generator(np.random.Philox(key=seed, counter=np.array([0, chunk, purpose, sample], np.uint64)))
