"""Inputs of which clips are being made and written; what becomes of them is told in their order."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from seg2vid_cli.generation.made import FailedInput, Made, MadeClip
from seg2vid_cli.generation.outcome import Clip
from seg2vid_cli.generation.plan import Task
from seg2vid_cli.generation.writing import WrittenClip
from seg2vid_interface.errors import Seg2VidError, UsageError


@dataclass
class ClipUnderWay:
    """A clip that is to be made, is made, or is written."""

    record: Callable[[float], Clip]
    """Returns what is told of it, given the seconds that it took."""
    began: float = 0.0
    """Seconds of `time.perf_counter`."""
    written: WrittenClip | None = None
    """None before it is begun."""
    error: Seg2VidError | None = None
    """Why it could not be made."""
    told: int = 0
    """Frames that were told of."""

    @property
    def is_made(self) -> bool:
        """Whether `settle` can be called, be it that it waits."""
        return self.error is not None or (self.written is not None and self.written.is_whole)

    @property
    def is_settled(self) -> bool:
        """Whether `settle` need not wait."""
        return self.error is not None or (self.written is not None and self.written.is_finished)

    @property
    def has_its_name(self) -> bool:
        """Whether it is there."""
        return self.written is not None and self.written.is_committed

    def settle(self) -> None:
        """Give it its name; raise what `WrittenClip.commit` raises, or `error`."""
        if self.error is not None:
            raise self.error
        assert self.written is not None
        self.written.commit()

    def made(self) -> MadeClip:
        """Return what is told of it, as it has its name."""
        assert self.written is not None
        return MadeClip(self.record(self.written.ended - self.began))


@dataclass
class InputUnderWay:
    """An input, and what there is to tell of it."""

    task: Task
    parts: deque[Made | ClipUnderWay] = field(default_factory=deque)
    """In the order in which they are told."""
    error: Seg2VidError | None = None
    """Why no more clips are made of it."""
    is_whole: bool = False
    """Whether nothing will be added."""
    told: int = 0
    """Frames that were told of."""


class UnderWay:
    """All inputs under way."""

    def __init__(self, frames: int, advance: Callable[[int], None]) -> None:
        """Begin with none.

        Args:
            frames: length of each clip.
            advance: is told of how many more frames there are.
        """
        self._frames, self._advance = frames, advance
        self._inputs = deque[InputUnderWay]()

    def begin(self, task: Task) -> InputUnderWay:
        """Add an input after the others."""
        self._inputs.append(InputUnderWay(task))
        return self._inputs[-1]

    def tell(self, *, to_the_end: bool = False) -> Iterator[Made]:
        """Yield what there is to tell; `to_the_end` waits for clips that are made and being written.

        Raises Seg2VidError where it concerns all inputs.
        """
        for one in self._inputs:
            for part in one.parts:
                if isinstance(part, ClipUnderWay):
                    self._count(part, one)
        while self._inputs:
            one = self._inputs[0]
            yield from self._tell_of(one, to_the_end=to_the_end)
            if one.parts or not one.is_whole:
                return
            self._inputs.popleft()
            if one.error is not None:
                yield FailedInput(one.task.paths, one.error, self._frames * len(one.task.outputs) - one.told)

    def _tell_of(self, one: InputUnderWay, *, to_the_end: bool) -> Iterator[Made]:
        while one.parts:
            part = one.parts[0]
            if isinstance(part, ClipUnderWay) and not (part.is_made if to_the_end else part.is_settled):
                return
            one.parts.popleft()
            if isinstance(part, ClipUnderWay):
                yield from self._settled(part, one)
            else:
                yield part

    def _settled(self, clip: ClipUnderWay, one: InputUnderWay) -> Iterator[Made]:
        try:
            clip.settle()
        except Seg2VidError as error:
            if error.exit_code == UsageError.exit_code:
                raise
            one.error = one.error or error
            return
        except BaseException:  # a signal, which waited until the clip had its name
            if clip.has_its_name:
                yield clip.made()
            raise
        self._count(clip, one)
        yield clip.made()

    def _count(self, clip: ClipUnderWay, one: InputUnderWay) -> None:
        """Tell of the frames that were not told of."""
        frames = 0 if clip.written is None else clip.written.frames
        if more := frames - clip.told:
            clip.told += more
            self.advance(one, more)

    def advance(self, one: InputUnderWay, frames: int) -> None:
        """Tell of so many more frames of an input."""
        one.told += frames
        self._advance(frames)
