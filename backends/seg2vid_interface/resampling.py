"""Bringing arrays (..., h, w) to another height and width, with NumPy alone.

Pixel i of n is at (i + 0.5) / n of a side, as in all of seg2vid.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

SHARPNESS: Final = -0.75
"""Of the cubic kernel; PyTorch's, with which the image stage's hints are enlarged in training."""


def nearest(array: NDArray[Any], size: tuple[int, int]) -> NDArray[Any]:
    """Return the array at another size, every pixel a copy of the nearest one."""
    rows, columns = (_nearest_indices(a, b) for a, b in zip(array.shape[-2:], size, strict=True))
    return array if array.shape[-2:] == size else np.ascontiguousarray(array[..., rows[:, None], columns])


def resized(array: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """Return the array enlarged by a cubic kernel (Keys, 1981), which may overshoot at edges."""
    rows, columns = (_cubic(a, b) for a, b in zip(array.shape[-2:], size, strict=True))
    return np.ascontiguousarray(rows @ array @ columns.T, np.float32)


def _nearest_indices(source: int, target: int) -> NDArray[np.intp]:
    return (2 * np.arange(target) + 1) * source // (2 * target)


def _cubic(source: int, target: int) -> NDArray[np.float32]:
    """Return the matrix (target, source) that samples a line of pixels."""
    places = (np.arange(target) + 0.5) * source / target - 0.5
    first = np.floor(places).astype(int) - 1
    matrix = np.zeros((target, source))
    for tap in range(4):
        distances = np.abs(places - first - tap)
        np.add.at(matrix, (np.arange(target), np.clip(first + tap, 0, source - 1)), _kernel(distances))
    return matrix.astype(np.float32)


def _kernel(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the kernel's weights at distances 0..2."""
    near = ((SHARPNESS + 2) * x - (SHARPNESS + 3)) * x * x + 1
    far = SHARPNESS * (((x - 5) * x + 8) * x - 4)
    return np.where(x <= 1, near, far)
