"""Connected components, against a flood fill pixel by pixel."""

import numpy as np
import pytest

from seg2vid_interface.driving.components import components


def flooded(groups: np.ndarray) -> np.ndarray:
    """Number the regions in the order of their first pixels, row by row."""
    numbers, count = np.zeros(groups.shape, np.int32), 0
    for start in zip(*np.nonzero(groups), strict=True):
        if numbers[start]:
            continue
        count += 1
        numbers[start], waiting = count, [start]
        while waiting:
            y, x = waiting.pop()
            for place in [(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]:
                inside = 0 <= place[0] < groups.shape[0] and 0 <= place[1] < groups.shape[1]
                if inside and not numbers[place] and groups[place] == groups[start]:
                    numbers[place] = count
                    waiting.append(place)
    return numbers


@pytest.mark.parametrize("seed", range(60))
def test_random_masks(seed):
    generator = np.random.default_rng(seed)
    size = generator.integers(1, 24, 2)
    groups = generator.integers(0, generator.integers(2, 5), size).astype(np.uint8)
    groups[generator.random(size) < generator.random()] = 0
    np.testing.assert_array_equal(components(groups), flooded(groups))


@pytest.mark.parametrize(
    "rows",
    [
        ["1111111", "1000001", "1011101", "1010101", "1010101", "1010001", "1011111"],
        ["1000001", "0100010", "0010100", "0001000"],
        ["1010101", "1010101", "1111111"],
        ["1212121", "2121212"],
        ["0000000"],
        ["1111111"],
    ],
    ids=["spiral", "corners", "comb", "two groups that cross", "nothing", "all"],
)
def test_drawn_masks(rows):
    groups = np.array([list(map(int, row)) for row in rows], np.uint8)
    numbers = components(groups)
    np.testing.assert_array_equal(numbers, flooded(groups))
    assert numbers.dtype == np.int32
