"""Reading video files with imageio, upright and on time."""

import math
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seg2vid_interface.errors import ImageError
from seg2vid_interface.video_containers import CONTAINERS

if TYPE_CHECKING:
    from imageio.plugins.pyav import PyAVPlugin

_FASTEST = 60.0
"""Frames per second that no camera's file has by mistake."""
_MATRIX = "DISPLAYMATRIX"


def read_video(path: Path, frames_per_second: float | None = None) -> Iterator[NDArray[np.uint8]]:
    """Yield a video's frames (H, W, 3) in RGB, turned as a player shows them.

    Args:
        path: of the file.
        frames_per_second: at whose times the frames that are shown then are taken; None: all as they are stored.

    Raises:
        ImageError: it is no video, is empty or damaged, at the frame that cannot be read.
    """
    import av

    count, filters = 0, dict[str, Any]()
    if frames_per_second is not None:
        filters["filter_sequence"] = [("fps", f"{frames_per_second:g}:round=up")]
    try:
        turns = _quarter_turns(path)
        with _opened(path) as file:
            for frame in file.iter(format="rgb24", thread_type="FRAME", **filters):
                yield np.rot90(frame, turns) if turns else frame
                count += 1
    except (av.FFmpegError, OSError, ValueError, RuntimeError, LookupError, StopIteration) as error:
        raise _unreadable(path, count, error) from None
    if count == 0:
        raise ImageError(f"{path}: a video without frames")


def frames_per_second_of(path: Path) -> float:
    """Return the mean rate that a video's file states.  Raises ImageError as `read_video`."""
    import av

    try:
        with _opened(path) as file:
            return min(float(file.metadata()["fps"]), _FASTEST)
    except (av.FFmpegError, OSError, ValueError, RuntimeError, LookupError) as error:
        raise _unreadable(path, 0, error) from None


def _unreadable(path: Path, frames: int, error: Exception) -> ImageError:
    if path.is_file() and path.stat().st_size == 0:
        return ImageError(f"{path}: an empty file")
    if frames:
        return ImageError(f"{path}: damaged after {frames} frames: {error}")
    return ImageError(f"{path}: not a readable video")  # what imageio says of it tells nothing


def _opened(path: Path) -> "PyAVPlugin":
    import imageio.v3 as iio
    from imageio.plugins.pyav import PyAVPlugin

    return iio.imopen(path, "r", plugin=PyAVPlugin, options={"format_whitelist": CONTAINERS})


def _quarter_turns(path: Path) -> int:
    """Return how often a video is to be turned by 90 degrees, counter-clockwise, as its display matrix says."""
    with _opened(path) as file:
        matrix = file.metadata(index=0).get(_MATRIX)
    if matrix is None:
        return 0
    cosine, sine = struct.unpack("=9i", matrix)[:2]
    return round(-math.degrees(math.atan2(sine, cosine)) / 90) % 4
