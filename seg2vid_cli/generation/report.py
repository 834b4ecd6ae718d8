"""What the user sees of clips while they are made, and what is noted of them."""

from contextlib import ExitStack
from types import TracebackType
from typing import Self

from seg2vid_cli.generation.made import ClosedShard, FailedInput, Made, MadeClip, Message, Opened
from seg2vid_cli.generation.outcome import Outcome
from seg2vid_cli.terminal.console import Console, ProgressBar


class Report:
    """Tells the console what was made, and adds it to the outcome; a context manager, which takes the bar away."""

    def __init__(self, console: Console, outcome: Outcome, *, frames: int, names_clips: bool) -> None:
        """Show nothing yet.

        Args:
            console: is told.
            outcome: grows.
            frames: how many there are to make.
            names_clips: whether standard output is for the clips' names.
        """
        self._console, self._outcome, self._frames, self._names_clips = console, outcome, frames, names_clips
        self._done = 0
        self._bar: ProgressBar | None = None
        self._resources = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar = None
        self._resources.close()

    def add(self, made: Made) -> None:
        """Tell and note one thing."""
        match made:
            case Opened():
                self._add_opened(made)
            case Message():
                self._console.say(made.text)
            case MadeClip():
                self._outcome.outputs.append(made.clip)
                if self._names_clips:
                    self._console.write_lines([made.clip.output])
            case ClosedShard():
                self._console.write_lines([made.path])
            case FailedInput():
                self._done += made.frames  # the bar moves on with the next frames
                self._outcome.failures[made.paths] = made.error
                if self._outcome.inputs > 1:
                    self._console.report(made.error)

    def advance(self, frames: int) -> None:
        """Show that there are so many more frames."""
        self._done += frames
        if self._bar is not None:
            self._bar.advance(self._done)

    def _add_opened(self, opened: Opened) -> None:
        outcome = self._outcome
        outcome.backend, outcome.device, outcome.precision = opened.backend, opened.device, opened.precision
        self._console.say(
            f"model {outcome.model}, backend {opened.backend}, device {opened.device}, precision {opened.precision}"
        )
        if self._bar is None:
            self._bar = self._resources.enter_context(self._console.progress("generating", self._frames, "frames"))
