"""Raw video: the frames' bytes one after another, as other programs take them through a pipe."""

import shlex
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

RAW_ENDING = ".rgb"
"""By which FFmpeg and ImageMagick know such files."""


class RawWriter:
    """Writes frames as RGB24: row by row from the top, a byte each for red, green and blue, nothing between."""

    def __init__(self, target: Path | BinaryIO) -> None:
        self._owned = target.open("wb") if isinstance(target, Path) else None
        self._file: BinaryIO = self._owned or target  # type: ignore[assignment]  # one of them is a file

    def write(self, frame: NDArray[np.uint8]) -> None:
        """Add one frame (H, W, 3), RGB.  Raises OSError."""
        self._file.write(frame.tobytes())

    def close(self) -> None:
        """Finish the file.  Raises OSError."""
        if self._owned is not None:
            self._owned.close()

    def abort(self) -> None:
        """Close the file as it is; harmless twice."""
        self.close()


def how_to_read(name: str, *, height: int, width: int, frames_per_second: float) -> str:
    """Return what a reader has to be told of a raw video, as FFmpeg is told it; `name` is of the file, "-" for stdin.

    The files do not say it themselves.
    """
    size, speed = f"{width}x{height}", f"{frames_per_second:.10g}"
    return (
        f"rawvideo rgb24 {size} {speed} fps: "
        f"ffmpeg -f rawvideo -pix_fmt rgb24 -s {size} -r {speed} -i {shlex.quote(name)} clip.mp4"
    )
