"""How many pixels a picture may have; apart from what opens pictures, for `--size` is checked before PIL is loaded."""

MIN_SIDE = 8
"""Pixels; a smaller picture is a mistake."""
MAX_PIXELS = 8192 * 8192
"""Models work at a few hundred pixels a side."""


def max_megapixels() -> int:
    """Return the limit as messages give it."""
    return MAX_PIXELS // 1_000_000
