"""Clips that a session makes together."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from seg2vid_cli.generation.made import Made
from seg2vid_cli.generation.scene_clip import SceneClip
from seg2vid_cli.generation.under_way import ClipUnderWay, InputUnderWay, UnderWay
from seg2vid_cli.generation.writing import WriterThreads, WrittenClip
from seg2vid_cli.outputs.planned import PlannedOutput
from seg2vid_interface.backend import Session
from seg2vid_interface.errors import OutOfMemoryError, Seg2VidError, UsageError


@dataclass(frozen=True)
class DueClip:
    """A clip that is to be made next."""

    clip: SceneClip
    output: PlannedOutput
    under_way: ClipUnderWay
    of: InputUnderWay


class Batching:
    """Makes clips as soon as there are as many as are made at once; all are of one length."""

    def __init__(self, session: Session, size: int, under_way: UnderWay, threads: WriterThreads) -> None:
        """Make nothing yet.

        Args:
            session: makes them.
            size: the most that are made at once; becomes less where memory does not suffice.
            under_way: tells of them.
            threads: write them.
        """
        self.size = size
        self._session, self._under_way, self._threads = session, under_way, threads
        self._due: list[DueClip] = []
        self._largest = 0

    def add(self, clip: DueClip) -> Iterator[Made]:
        """Have a clip made with those before, or with those that follow.  Raises what `flush` raises."""
        clip.of.parts.append(clip.under_way)
        self._due.append(clip)
        if len(self._due) >= self.size:
            yield from self.flush()

    def flush(self) -> Iterator[Made]:
        """Make what is due; yield what there is to tell.

        What goes wrong with one clip is told of its input.  Raises UsageError: what concerns all.
        """
        due, self._due = self._due, []
        for clip in due:
            clip.under_way.error = clip.of.error  # another clip of the same input has failed
        due = [clip for clip in due if clip.under_way.error is None]
        if due:
            yield from self._make(due)

    def _make(self, batch: Sequence[DueClip]) -> Iterator[Made]:
        """Make clips together, or fewer at once if that fails: of one that fails alone the error is told."""
        try:
            yield from self._make_together(batch)
        except Seg2VidError as error:
            _discard(batch)
            if error.exit_code == UsageError.exit_code:
                raise
            half = len(batch) // 2
            if not half:
                batch[0].under_way.error = error
                return
            if isinstance(error, OutOfMemoryError):
                self.size = self._largest = half
            yield from self._make(batch[:half])
            yield from self._make(batch[half:])

    def _make_together(self, batch: Sequence[DueClip]) -> Iterator[Made]:
        requests = [clip.clip.request(clip.output.fields) for clip in batch]
        if self._session.device != "cpu":  # a batch of another size would first be loaded for it
            requests += requests[-1:] * (self._largest - len(batch))
        self._largest = max(self._largest, len(batch))
        written = [self._begin(clip) for clip in batch]
        for chunks in self._session.generate(requests):
            for clip, chunk in zip(written, chunks, strict=False):
                if not clip.has_failed:
                    clip.write(chunk)
            yield from self._under_way.tell()
            if all(clip.has_failed for clip in written):
                break
        for clip in written:
            clip.finish()

    def _begin(self, clip: DueClip) -> WrittenClip:
        clip.under_way.began = time.perf_counter()
        clip.under_way.written = self._threads.begin(clip.clip.writer(clip.output))
        return clip.under_way.written


def _discard(batch: Sequence[DueClip]) -> None:
    for clip in batch:
        if clip.under_way.written is not None:
            clip.under_way.written.discard()
            clip.under_way.written = None
