"""Videos that are encoded as they stream: H.264 in mp4 and VP9 in webm.

PyAV itself does the work: imageio's plugin for it passes on neither encoder options nor colour tags, and without the
options x264's files are not reproducible.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO, cast

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter
from av.video.stream import VideoStream
from numpy.typing import NDArray

from seg2vid_interface.errors import OutputError

# x264's result depends on its number of threads, so that number must not depend on the machine.
_THREADS = 4
# ITU-T H.273 gives BT.709 the number 1 in all three lists; players that are not told guess by the picture's size.
_BT709 = 1


@dataclass(frozen=True)
class Encoding:
    """A container and the encoder for its video stream."""

    container: str
    encoder: str
    encoder_options: dict[str, str]
    container_options: dict[str, str] = field(default_factory=dict)
    stream_options: dict[str, str] = field(default_factory=dict)
    """In the place of those options that need a file, where there is but a stream."""


# bitexact leaves out the libraries' versions and, in webm, a random segment id.
MP4 = Encoding(
    "mp4",
    "libx264",
    # With its macroblock tree x264's assembly code gives differing files for the same frames, even on one thread (seen
    # at 32x64 and 192x320 with PyAV 18.1); without it they came out equal at every size tried.
    encoder_options={"crf": "18", "preset": "medium", "x264-params": "mbtree=0"},
    container_options={"movflags": "+faststart", "fflags": "+bitexact"},
    # A fragment for every second at the least, each with its own index: a reader need not wait for the end.
    stream_options={"movflags": "+frag_keyframe+delay_moov+default_base_moof", "frag_duration": "1000000"},
)
WEBM = Encoding(
    "webm",
    "libvpx-vp9",
    encoder_options={"crf": "24", "b": "0", "deadline": "good", "cpu-used": "4"},
    container_options={"fflags": "+bitexact"},
)


def check_encoder(encoding: Encoding) -> None:
    """Raise OutputError if the installed PyAV lacks the encoder."""
    try:
        av.codec.Codec(encoding.encoder, "w")
    except av.codec.codec.UnknownCodecError:
        raise OutputError(
            f".{encoding.container}: the installed PyAV {av.__version__} has no encoder {encoding.encoder}",
            "Install PyAV's wheel (pip install --force-reinstall av), or choose another kind of video.",
        ) from None


class EncodedVideoWriter:
    """Encodes RGB frames to 4:2:0 BT.709 and writes them out at once; memory does not grow with the video."""

    def __init__(
        self,
        target: Path | BinaryIO,
        encoding: Encoding,
        *,
        height: int,
        width: int,
        frames_per_second: float,
        comment: str,
    ) -> None:
        self._reformatter = VideoReformatter()
        file, options = (str(target), {}) if isinstance(target, Path) else (target, encoding.stream_options)
        with _as_os_errors():
            self._container = av.open(
                file, "w", format=encoding.container, options=encoding.container_options | options
            )
        self._container.metadata["comment"] = comment
        # Through its decimal digits 29.97 is 2997/100, not the binary fraction nearest to it.
        rate = Fraction(str(frames_per_second)).limit_denominator(10_000)
        self._stream = cast(VideoStream, self._container.add_stream(encoding.encoder, rate=rate))
        self._stream.options = dict(encoding.encoder_options)
        self._set_up(height, width)

    def _set_up(self, height: int, width: int) -> None:
        context = self._stream.codec_context
        context.height, context.width = height, width
        context.pix_fmt = "yuv420p"
        context.thread_count = _THREADS
        context.color_range = ColorRange.MPEG
        context.color_primaries = context.color_trc = context.colorspace = _BT709

    def write(self, frame: NDArray[np.uint8]) -> None:
        """Add one frame (H, W, 3), RGB.  Raises OSError."""
        picture = self._reformatter.reformat(
            av.VideoFrame.from_ndarray(frame, format="rgb24"),
            format="yuv420p",
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
        )
        with _as_os_errors():
            self._container.mux(self._stream.encode(picture))

    def close(self) -> None:
        """Finish the file.  Raises OSError."""
        with _as_os_errors():
            self._container.mux(self._stream.encode(None))
            self._container.close()

    def abort(self) -> None:
        """Give up without raising, leaving whatever was written; harmless after `close`."""
        with suppress(OSError), _as_os_errors():
            self._container.close()


@contextmanager
def _as_os_errors() -> Iterator[None]:
    """FFmpeg's errors are only partly OSErrors; a caller need not know more than that writing failed."""
    try:
        yield
    except av.FFmpegError as error:
        raise OSError(error.errno, error.strerror) from error
