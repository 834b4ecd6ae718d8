"""Reads the frames of clips at the training size, in processes of their own where there are many.  No torch here.

A frame that cannot be read is left out and named, and where it was, its clip is cut in two; likewise where the size of
the pictures changes.
"""

import signal
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import islice
from multiprocessing import get_context

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from seg2vid_interface.cores import available_cores
from seg2vid_interface.errors import DatasetError, ImageError, LabelMapError
from seg2vid_interface.label_readers import LabelReader
from seg2vid_torch.data.datasets.frames import Clip, PictureClip, VideoClip
from seg2vid_torch.data.division import Divided, undivided
from seg2vid_torch.data.picture_files import read_picture
from seg2vid_torch.data.video_files import read_video

AT_ONCE = 64
"""Frames that are read and handed on together."""
LARGE_VIDEO = 32 << 20
"""Bytes of a video from which on its frames are handed on as they come, for they may not fit into memory."""
PROCESSES_FROM = 1024
"""Frames for which it pays to start processes; a video counts as AT_ONCE."""
TOLERATED = 0.01
"""Share of frames, and of videos, that may be unreadable."""
LISTED = 5


@dataclass(frozen=True)
class Part:
    """Frames that are read together."""

    clip: Clip
    """Whole, or some consecutive frames of one."""
    reader: LabelReader | None
    height: int
    width: int
    frames_per_second: float | None
    """Of videos that are read by the clock."""
    begins: bool = True
    """Whether a clip begins with it."""
    tolerant: bool = False
    """Whether label maps that are not understood are left out, too."""


@dataclass
class ReadFrames:
    """What was read: n frames."""

    images: NDArray[np.uint8]
    """(n, 3, H, W), RGB."""
    labels: NDArray[np.uint8] | None
    """(n, H, W), class indices."""
    cuts: list[int] = field(default_factory=list)
    """Positions in 0..n at which another clip begins: n = with the frames that follow."""
    sizes: Counter[tuple[int, int]] = field(default_factory=Counter)
    """(height, width) of files -> frames that were so large."""
    faults: list[str] = field(default_factory=list)
    """What could not be read."""
    name: str = ""
    """Of the clip."""


def parts_of(
    clips: Sequence[tuple[Clip, LabelReader | None]], *, height: int, width: int, frames_per_second: float | None
) -> list[Part]:
    """Return the clips with the readers of their labels, in parts that are read at a time."""
    parts: list[Part] = []
    for clip, reader in clips:
        if isinstance(clip, VideoClip):
            parts.append(Part(clip, None, height, width, frames_per_second if clip.by_the_clock else None))
            continue
        for start in range(0, len(clip.frames), AT_ONCE):
            some = PictureClip(clip.name, clip.frames[start : start + AT_ONCE])
            parts.append(Part(some, reader, height, width, None, begins=start == 0))
    return parts


def read_parts(parts: Sequence[Part], *, tolerant: bool = False, divided: Divided = undivided) -> Iterator[ReadFrames]:
    """Yield what the parts hold, in their order, read a little ahead; the work may be `divided`.

    Raises:
        DatasetError: a label map holds what its format does not explain, or more than 1% cannot be read; unless
            `tolerant`.
    """
    faults = _Faults(() if tolerant else parts)
    parts = [replace(part, tolerant=True) for part in parts] if tolerant else parts
    for read in divided(parts, _read_ahead):
        for frames in read:
            if not tolerant:
                faults.count(frames)
            yield frames
    faults.check()


def _read_ahead(parts: Sequence[Part]) -> Iterator[Iterable[ReadFrames]]:
    """Yield what each part holds."""
    with _workers(parts) as pool:
        waiting: deque[Part | Future[list[ReadFrames]]] = deque()
        rest = iter(parts)
        try:
            while True:
                for part in islice(rest, 2 * available_cores() + 2 - len(waiting)):
                    waiting.append(part if _is_large(part) else pool.submit(_read_all, part))
                if not waiting:
                    break
                first = waiting.popleft()
                yield first.result() if isinstance(first, Future) else read_part(first)
        except BaseException:
            pool.shutdown(cancel_futures=True)  # or much would be read before it is told
            raise


class _Faults:
    """Counts what could not be read."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._videos = sum(isinstance(part.clip, VideoClip) for part in parts)
        self._frames = sum(len(part.clip.frames) for part in parts if isinstance(part.clip, PictureClip))
        self._faults: list[str] = []

    def count(self, frames: ReadFrames) -> None:
        """Take note; raise DatasetError once there are too many."""
        self._faults += frames.faults
        if len(self._faults) > max(LISTED, TOLERATED * (self._frames + self._videos)):
            self.check()

    def check(self) -> None:
        """Raise DatasetError if there were too many."""
        whole, what = (self._frames, "frames") if self._frames else (self._videos, "videos")
        if len(self._faults) > TOLERATED * whole:
            more = f" (and {len(self._faults) - 1} more)" if len(self._faults) > 1 else ""
            raise DatasetError(
                f"{self._faults[0]}{more}; {len(self._faults)} of {whole} {what} are more than {TOLERATED:.0%}",
                "Copy them anew, or remove them: fewer are left out.",
            )


def read_part(part: Part) -> Iterator[ReadFrames]:
    """Yield a part's frames, AT_ONCE at a time."""
    if isinstance(part.clip, VideoClip):
        yield from _read_video(part, part.clip)
    else:
        yield _read_pictures(part, part.clip)


def _read_all(part: Part) -> list[ReadFrames]:
    return list(read_part(part))


def _read_pictures(part: Part, clip: PictureClip) -> ReadFrames:
    count = len(clip.frames)
    read = ReadFrames(
        np.empty((count, 3, part.height, part.width), np.uint8),
        None if part.reader is None else np.empty((count, part.height, part.width), np.uint8),
        cuts=[0] if part.begins else [],
        name=clip.name,
    )
    at, size = 0, None
    for frame in clip.frames:
        try:
            picture, its_size = read_picture(frame.picture, part.height, part.width)
            if read.labels is not None and part.reader is not None and frame.labels is not None:
                read.labels[at] = part.reader.read(frame.labels, part.height, part.width)
        except (ImageError, LabelMapError, DatasetError) as error:
            if isinstance(error, DatasetError) and not part.tolerant:
                raise
            read.faults.append(error.message)
            read.cuts.append(at)
            continue
        if size not in (None, its_size):
            read.cuts.append(at)
        read.images[at], size = picture, its_size
        read.sizes[its_size] += 1
        at += 1
    read.images, read.labels = read.images[:at], None if read.labels is None else read.labels[:at]
    return read


def _read_video(part: Part, clip: VideoClip) -> Iterator[ReadFrames]:
    starts = {span.start for span in clip.spans}
    last = max((span.stop for span in clip.spans), default=None)
    some: list[NDArray[np.uint8]] = []
    read = ReadFrames(np.empty(0, np.uint8), None, cuts=[0], name=clip.name)

    def finished() -> ReadFrames:
        shape = (0, 3, part.height, part.width)
        read.images = np.stack(some) if some else np.empty(shape, np.uint8)
        return read

    try:
        for number, frame in enumerate(islice(read_video(clip.path, part.frames_per_second), last)):
            if clip.spans and not any(number in span for span in clip.spans):
                continue
            if number in starts:
                read.cuts.append(len(some))
            read.sizes[frame.shape[0], frame.shape[1]] += 1
            some.append(_fitted(frame, part))
            if len(some) == AT_ONCE:
                yield finished()
                some, read = [], ReadFrames(np.empty(0, np.uint8), None, name=clip.name)
    except ImageError as error:
        read.faults.append(error.message)
    if some or read.faults:
        yield finished()


def _fitted(frame: NDArray[np.uint8], part: Part) -> NDArray[np.uint8]:
    picture = Image.fromarray(frame).resize((part.width, part.height), Image.Resampling.LANCZOS)
    return np.asarray(picture).transpose(2, 0, 1)


def _is_large(part: Part) -> bool:
    if not isinstance(part.clip, VideoClip):
        return False
    path = part.clip.path
    return path.is_file() and path.stat().st_size >= LARGE_VIDEO


def _workers(parts: Sequence[Part]) -> Executor:
    """Return threads, or for many frames processes: Python lets but one of its threads run at a time."""
    frames = sum(AT_ONCE if isinstance(part.clip, VideoClip) else len(part.clip.frames) for part in parts)
    if frames < PROCESSES_FROM or available_cores() == 1:
        return ThreadPoolExecutor(available_cores())
    # Not forked: this process may have threads, and CUDA.
    return ProcessPoolExecutor(available_cores(), get_context("spawn"), initializer=_ignore_interrupts)


def _ignore_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # which a terminal sends to all; the one who waits is told
