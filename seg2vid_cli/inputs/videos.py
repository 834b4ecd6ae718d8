"""Reads the frames of videos, one after another, as they are meant to be seen."""

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from seg2vid_interface.errors import ImageError
from seg2vid_interface.video_containers import CONTAINERS

VIDEO_ENDINGS = (
    ".3gp",
    ".avi",
    ".flv",
    ".m2ts",
    ".m4v",
    ".mkv",
    ".mov",
    ".mp4",
    ".mpeg",
    ".mpg",
    ".mts",
    ".ogv",
    ".ts",
    ".webm",
    ".wmv",
)
"""By which a file is taken for a video."""


def is_video(path: Path) -> bool:
    """Say whether a file is taken for a video, by its ending."""
    return path.suffix.lower() in VIDEO_ENDINGS


def read_frames(path: Path) -> Iterator[NDArray[np.uint8]]:
    """Yield every frame of a video once, (height, width, 3) RGB, whatever time it is shown for.

    A video that was filmed with the camera on its side is turned as players turn it.

    Raises:
        ImageError: the file cannot be read, holds no video, or is damaged; frames before the damage were yielded.
    """
    if not path.is_file():
        raise ImageError(f"{path}: {'not a regular file' if path.exists() else 'no such file'}")
    count = 0
    try:
        with av.open(str(path), options={"format_whitelist": CONTAINERS}) as container:
            if not container.streams.video:
                raise ImageError(f"{path}: holds no video", "Name a video or a picture.")
            for frame in container.decode(video=0):
                pixels = np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
                yield np.ascontiguousarray(_turned(pixels, frame.rotation))
                count += 1
    except (av.FFmpegError, ValueError) as error:
        where = f"damaged after frame {count - 1}" if count else "not a video that can be read"
        raise ImageError(f"{path}: {where}: {_reason(error)}", "Make or copy the file again.") from None
    if not count:
        raise ImageError(f"{path}: a video without frames")


def _turned(frame: NDArray[np.uint8], degrees: int) -> NDArray[np.uint8]:
    """Turn a frame to the left by a multiple of 90 degrees; by another angle no camera is held, and it is left."""
    return np.rot90(frame, degrees // 90) if degrees % 90 == 0 else frame


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
