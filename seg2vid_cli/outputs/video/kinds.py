"""The kinds of video that can be written, and one way to write each of them frame by frame."""

from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

from seg2vid_cli.outputs.video.animation import AnimationWriter, check_animation_format
from seg2vid_cli.outputs.video.encoded import MP4, WEBM, EncodedVideoWriter, check_encoder
from seg2vid_cli.outputs.video.raw import RAW_ENDING, RawWriter
from seg2vid_interface.errors import OutputError, UsageError

IN_MEMORY_LIMIT = 256 * 2**20
"""Bytes of raw frames that a gif or webp may gather in memory; the other kinds gather none."""
GIF_MAX_FRAMES_PER_SECOND = 50
"""A gif counts time in 1/100 s, and browsers slow a frame of less than 2/100 s down to 10/100 s."""


class Kind(StrEnum):
    """What a video is written as; the values are those of `--format`."""

    MP4 = "mp4"
    WEBM = "webm"
    GIF = "gif"
    WEBP = "webp"
    PNG = "png"
    """A folder of numbered pictures, not a single file."""
    RAW = "raw"
    """The frames' bytes and nothing else."""

    @property
    def ending(self) -> str:
        """Of a file of this kind."""
        return RAW_ENDING if self is Kind.RAW else f".{self}"


FILE_KINDS = (Kind.MP4, Kind.WEBM, Kind.GIF, Kind.WEBP, Kind.RAW)
_ENCODINGS = {Kind.MP4: MP4, Kind.WEBM: WEBM}
_ANIMATIONS = {Kind.GIF: "GIF", Kind.WEBP: "WEBP"}


class VideoWriter(Protocol):
    """Takes the frames of one video in order; its caller deletes what is left where writing fails."""

    def write(self, frame: NDArray[np.uint8]) -> None:
        """Add one frame (H, W, 3), RGB.  Raises OSError."""
        ...

    def close(self) -> None:
        """Finish the file.  Raises OSError."""
        ...

    def abort(self) -> None:
        """Give up without raising, leaving whatever was written; harmless after `close`."""
        ...


def kind_of(path: Path) -> Kind:
    """Return the kind that a file's ending names.

    Raises:
        UsageError: the ending names no kind of video file.
    """
    for kind in FILE_KINDS:
        if path.suffix.lower() == kind.ending:
            return kind
    known = ", ".join(kind.ending for kind in FILE_KINDS)
    problem = f"the ending {path.suffix} is no kind of video" if path.suffix else "no ending that names a kind of video"
    raise UsageError(
        f"-o {path}: {problem}",
        f"End it with one of {known}, or with a slash if it is a folder: -o {path}/",
    )


def check_video(kind: Kind, *, height: int, width: int, frames_per_second: float) -> None:
    """Refuse a video that cannot be written, before anything is computed.  Sizes are in pixels.

    Raises:
        UsageError: the kind cannot show so many frames per second.
        OutputError: the encoder is missing, or cannot take the size.
    """
    if kind in _ENCODINGS:
        check_encoder(_ENCODINGS[kind])
        if height % 2 or width % 2:
            raise OutputError(
                f"{height}x{width} pixels: height and width of a {kind} must be even",
                "Choose an even --size, or write --format png.",
            )
    if kind in _ANIMATIONS:
        check_animation_format(_ANIMATIONS[kind])
    if kind is Kind.GIF and frames_per_second > GIF_MAX_FRAMES_PER_SECOND:
        raise UsageError(
            f"--fps {frames_per_second:g}: a gif shows at most {GIF_MAX_FRAMES_PER_SECOND} frames per second",
            "Lower --fps, or choose another kind of video.",
        )


def check_memory(kind: Kind, *, frames: int, height: int, width: int) -> None:
    """Refuse, before anything is computed, more than may be held in memory; `frames` counts all videos of a clip.

    Raises:
        OutputError: a gif or webp of more than `IN_MEMORY_LIMIT`.
    """
    size = frames * height * width * 3
    if kind in _ANIMATIONS and size > IN_MEMORY_LIMIT:
        raise OutputError(
            f"{frames} frames of {height}x{width} pixels are {size / 2**20:.0f} MiB, but a {kind} is put together "
            f"in memory, in at most {IN_MEMORY_LIMIT // 2**20} MiB",
            "Write an .mp4 or .webm, which may be as long as you like, or lower --frames or --size.",
        )


def open_video(
    target: Path | BinaryIO, kind: Kind, *, height: int, width: int, frames_per_second: float, comment: str
) -> VideoWriter:
    """Begin a video of (height, width) pixels; `comment` goes into its metadata, if the kind has any.

    The same frames give the same bytes: neither time, path nor the machine's number of cores has a part in them.

    Args:
        target: the file, or what takes bytes one after another; it is left open.

    Raises:
        OSError: the file cannot be made.
    """
    if kind is Kind.RAW:
        return RawWriter(target)
    if kind in _ANIMATIONS:
        return AnimationWriter(target, _ANIMATIONS[kind], frames_per_second=frames_per_second, comment=comment)
    return EncodedVideoWriter(
        target, _ENCODINGS[kind], height=height, width=width, frames_per_second=frames_per_second, comment=comment
    )
