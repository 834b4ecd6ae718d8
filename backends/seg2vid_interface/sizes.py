"""Which picture sizes a model can take, and choosing one."""

import math
from dataclasses import dataclass

from seg2vid_interface.errors import UsageError


@dataclass(frozen=True)
class SizeRule:
    """Heights and widths, in pixels, that a model's networks can take."""

    multiple: int = 1
    """Both are multiples of this."""
    smallest: int = 1
    """Neither is less."""
    area_multiple: int = 1
    """Height x width is a multiple of this."""

    def problem(self, height: int, width: int) -> str | None:
        """Say why a size cannot be taken; None if it can."""
        if min(height, width) < self.smallest or height % self.multiple or width % self.multiple:
            return f"needs {self._sides}"
        if height * width % self.area_multiple:
            return f"needs {self._area}"
        return None

    def __str__(self) -> str:
        return self._sides if self.area_multiple == 1 else f"{self._sides}, and {self._area}"

    @property
    def _sides(self) -> str:
        return f"multiples of {self.multiple}, at least {self.smallest}"

    @property
    def _area(self) -> str:
        return f"height x width to be a multiple of {self.area_multiple}"

    def nearest(self, height: int, width: int) -> list[tuple[int, int]]:
        """Return the sizes (height, width) that can be taken, up to one step of the rule away, the nearest first."""
        step = math.lcm(self.multiple, self.area_multiple)  # sides that can be taken with whatever other side
        heights = range(self._above(height - step, self.multiple), self._above(height, step) + 1, self.multiple)
        sizes = {(h, w) for h in heights for w in self._widths(h, width)}
        return sorted(sizes, key=lambda size: (abs(size[0] - height) + abs(size[1] - width), size))

    def _widths(self, height: int, width: int) -> tuple[int, int]:
        """Return the widths below and above the one wanted that go with a height."""
        step = math.lcm(self.multiple, self.area_multiple // math.gcd(self.area_multiple, height))
        return self._above(width - step + 1, step), self._above(width, step)

    def _above(self, pixels: int, step: int) -> int:
        """Return the first multiple of `step` from `pixels` on that is no less than `smallest`."""
        return math.ceil(max(pixels, self.smallest) / step) * step

    def __and__(self, other: "SizeRule") -> "SizeRule":
        """Return the rule of two stages together; their multiples divide one another."""
        return SizeRule(
            max(self.multiple, other.multiple),
            max(self.smallest, other.smallest),
            max(self.area_multiple, other.area_multiple),
        )


def choose_size(rule: SizeRule, wanted: tuple[int, int] | None, own: tuple[int, int]) -> tuple[int, int]:
    """Return the height and width to open a model at: those wanted, or its own.

    Raises:
        UsageError: the model cannot take the size wanted.
    """
    height, width = wanted or own
    if problem := rule.problem(height, width):
        near = " and ".join(f"{h}x{w}" for h, w in rule.nearest(height, width)[:2])
        hint = f"The nearest sizes it takes are {near}; its own is {own[0]}x{own[1]}."
        raise UsageError(f"--size {height}x{width}: the model {problem}", hint)
    return height, width
