"""Which picture sizes a model can take, and choosing one."""

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
            return f"needs multiples of {self.multiple}, at least {self.smallest}"
        if height * width % self.area_multiple:
            return f"needs height x width to be a multiple of {self.area_multiple}"
        return None

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
        hint = f"Its own size is {own[0]}x{own[1]}; multiples of 64 from 128 on are safe."
        raise UsageError(f"--size {height}x{width}: the model {problem}", hint)
    return height, width
