"""Animated pictures, gif and webp, which are put together in memory."""

from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, features

from seg2vid_interface.errors import OutputError

_TICK_MILLISECONDS = {"GIF": 10, "WEBP": 1}
_EXIF_IMAGE_DESCRIPTION = 0x010E


def check_animation_format(name: str) -> None:
    """Raise OutputError if the installed Pillow cannot write `name` ("GIF" or "WEBP")."""
    if name == "WEBP" and not features.check("webp"):
        raise OutputError(
            ".webp: the installed Pillow has no webp encoder",
            "Install Pillow's wheel (pip install --force-reinstall pillow), or choose another kind of video.",
        )


class AnimationWriter:
    """Gathers frames and writes them on `close`, as an animation that repeats for ever.

    The encoders merge a frame that equals the one before (webp: almost equals) into it, and show that one longer.
    """

    def __init__(self, target: Path | BinaryIO, name: str, *, frames_per_second: float, comment: str) -> None:
        self._target = target
        self._name = name
        self._rate = Fraction(str(frames_per_second))
        self._comment = comment
        self._pictures: list[Image.Image] = []

    def write(self, frame: NDArray[np.uint8]) -> None:
        """Add one frame (H, W, 3), RGB."""
        picture = Image.fromarray(frame)
        # A palette of its own for every frame: 256 colours go further, and a pixel takes 1 byte instead of 4.
        self._pictures.append(picture.quantize(256) if self._name == "GIF" else picture)

    def close(self) -> None:
        """Write the file.  Raises OSError."""
        first, *others = self._pictures
        durations = frame_durations(len(self._pictures), self._rate, _TICK_MILLISECONDS[self._name])
        first.save(
            self._target,
            self._name,
            save_all=True,
            append_images=others,
            duration=durations,
            loop=0,
            **self._format_options(),
        )
        self.abort()

    def abort(self) -> None:
        """Forget the frames."""
        self._pictures.clear()

    def _format_options(self) -> dict[str, Any]:
        if self._name == "GIF":
            return {"comment": self._comment.encode()}
        exif = Image.Exif()
        exif[_EXIF_IMAGE_DESCRIPTION] = self._comment
        # The marker belongs to JPEG; in a webp the chunk's name says what it is.
        return {"exif": exif.tobytes().removeprefix(b"Exif\0\0"), "quality": 90, "method": 4}


def frame_durations(frames: int, rate: Fraction, tick: int) -> list[int]:
    """Return how many milliseconds each frame stays, in multiples of `tick`.

    Their sum is never off by more than half a tick, as every frame begins at the tick next to its true time.
    """
    starts = [round(index * 1000 / (rate * tick)) * tick for index in range(frames + 1)]
    return [end - start for start, end in pairwise(starts)]
