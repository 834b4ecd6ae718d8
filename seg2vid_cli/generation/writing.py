"""Clips that are written in threads, while the session makes others."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from threading import Semaphore
from types import TracebackType
from typing import Any, Self

from seg2vid_cli.outputs.clip_writer import ClipWriter
from seg2vid_interface.clips import Chunk


class WriterThreads:
    """Threads that write clips, each some clips of all; a context manager, which removes what was not committed.

    Memory stays as it is: whoever gives chunks faster than they are written has to wait.
    """

    def __init__(self, threads: int, waiting: int) -> None:
        """Start nothing yet.

        Args:
            threads: how many.
            waiting: the most chunks that may wait for one of them.
        """
        self._lanes = [_Lane(waiting) for _ in range(threads)]
        self._clips = set[WrittenClip]()
        self._begun = 0

    def begin(self, writer: ClipWriter) -> "WrittenClip":
        """Return what takes a clip's chunks."""
        clip = WrittenClip(writer, self._lanes[self._begun % len(self._lanes)], self._clips.discard)
        self._begun += 1
        self._clips.add(clip)
        return clip

    def __enter__(self) -> Self:
        for lane in self._lanes:
            lane.settle()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        clips = list(self._clips)
        for clip in clips:
            clip.stop()
        for lane in self._lanes:
            lane.pool.shutdown()
        for clip in clips:
            clip.discard()


class _Lane:
    """One thread, and how much may wait for it."""

    def __init__(self, waiting: int) -> None:
        self.pool = ThreadPoolExecutor(1, thread_name_prefix="seg2vid-writing")
        self.places = Semaphore(waiting)

    def settle(self) -> None:
        """Wait until nothing is left to do.

        Before there is anything, this starts the thread: a signal that came while it starts would hide it from `pool`.
        """
        with suppress(RuntimeError):  # it was shut down, and so has come to its end
            self.pool.submit(lambda: None).result()


class WrittenClip:
    """A clip that is being written by one of the threads; these methods are for the thread that makes it."""

    def __init__(self, writer: ClipWriter, lane: _Lane, forget: Callable[["WrittenClip"], None]) -> None:
        self._writer, self._lane, self._forget = writer, lane, forget
        self._last: Future[None] | None = None
        self._error: Exception | None = None
        self._is_stopped = False
        self.is_whole = False
        """Whether all chunks were given."""
        self.frames = 0
        """That are written."""
        self.ended = 0.0
        """Seconds of `time.perf_counter` when the files were finished."""

    def write(self, chunk: Chunk) -> None:
        """Have the next chunk written; wait if too much is waiting already.  What goes wrong, `commit` tells."""
        self._lane.places.acquire()
        self._last = self._lane.pool.submit(self._write, chunk)

    def finish(self) -> None:
        """Have the files finished, as all chunks were given."""
        self._last = self._lane.pool.submit(self._do, self._finish)
        self.is_whole = True

    @property
    def has_failed(self) -> bool:
        """Whether more chunks are of no use."""
        return self._error is not None

    @property
    def is_finished(self) -> bool:
        """Whether `commit` need not wait."""
        return self.is_whole and self._last is not None and self._last.done()

    @property
    def is_committed(self) -> bool:
        """Whether it has its name."""
        return self._writer.is_committed

    def commit(self) -> None:
        """Give the clip its name, after `finish`; raise what `ClipWriter.commit` raises, or what went wrong before.

        This is not left to the other thread, so that a clip that has its name is told of at once.
        """
        assert self.is_whole and self._last is not None
        try:
            self._last.result()
            if self._error is not None:
                raise self._error
            self._writer.commit()
        finally:
            self.discard()

    def stop(self) -> None:
        """Have nothing more written."""
        self._is_stopped = True

    def discard(self) -> None:
        """Remove what was not committed, when the other thread has let go of it; harmless twice."""
        self.stop()
        if not self.is_finished:  # a signal may have hidden what was submitted last
            self._lane.settle()
        self._writer.discard()
        self._forget(self)

    def _write(self, chunk: Chunk) -> None:
        try:
            self._do(self._take, chunk)
        finally:
            self._lane.places.release()

    def _take(self, chunk: Chunk) -> None:
        self._writer.write(chunk)
        self.frames += len(chunk.frames)

    def _finish(self) -> None:
        self._writer.finish()
        self.ended = time.perf_counter()

    def _do(self, step: Callable[..., None], *arguments: Any) -> None:
        if self._error is not None or self._is_stopped:
            return
        try:
            step(*arguments)
        except Exception as error:  # noqa: BLE001  # whatever it is, `commit` raises it
            self._error = error
