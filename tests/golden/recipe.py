"""The recipe by which the golden numbers' weights and inputs were drawn: everything follows from a key and a shape."""

import zlib
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

CELL = 16  # pixels: side of the squares of one class in the label map


def draw(key: str, shape: tuple[int, ...], kind: Literal["normal", "uniform"] = "normal") -> Array:
    """Return standard normal numbers, or uniform ones in 0..1."""
    generator = np.random.Generator(np.random.Philox(zlib.crc32(key.encode())))
    return (generator.random if kind == "uniform" else generator.standard_normal)(shape, dtype=np.float32)


def weight(name: str, shape: tuple[int, ...], salt: str) -> Array:
    """Return the values of a state-dict entry, named as in the published network."""
    if name.endswith("num_batches_tracked"):
        return np.zeros(shape, np.float32)
    numbers = draw(salt + name, shape)
    if name.endswith("running_var"):
        return np.exp(np.float32(0.2) * numbers)
    if name.endswith(("running_mean", "bias")):
        return np.float32(0.1) * numbers
    if len(shape) == 1:
        return 1 + np.float32(0.1) * numbers
    return (numbers / np.sqrt(np.prod(shape[1:]))).astype(np.float32)


def label_map(batch: int, height: int, width: int, salt: str) -> NDArray[np.int64]:
    """Return classes 0..19, (batch, height, width)."""
    generator = np.random.Generator(np.random.Philox(zlib.crc32(f"{salt}labels".encode())))
    squares = generator.integers(0, 20, (batch, height // CELL, width // CELL))
    return squares.repeat(CELL, 1).repeat(CELL, 2)
