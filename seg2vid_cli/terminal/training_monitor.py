"""What `seg2vid train` shows while it trains, and how it is stopped."""

import time
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import timedelta
from types import TracebackType
from typing import Self

from seg2vid_cli.terminal.console import Console, ProgressBar
from seg2vid_cli.terminal.signals import Stopped, StopRequest, graceful_stop
from seg2vid_interface.backend import TrainingResult


class ConsoleMonitor:
    """A `TrainingMonitor` with a progress bar, which asks for a stop after the first SIGINT or SIGTERM.

    Where stderr is no terminal, a line per interval stands in for the bar.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._resources = ExitStack()
        self._request = StopRequest()
        self._stop_said = False
        self._metrics: Mapping[str, float] = {}
        self._bar: ProgressBar | None = None
        self._steps: int | None = None
        self._first_share = self._began = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._resources.close()

    def begin(self, *, step: int, steps: int | None, share: float, summary: Mapping[str, object]) -> None:
        """Say what is trained, show the bar, and from now on let signals only ask for a stop."""
        self._console.say(describe_training(step, steps, summary))
        total, unit, completed = (steps, "steps", step) if steps is not None else (100, "%", round(100 * share))
        self._bar = self._resources.enter_context(self._console.progress("training", total, unit, completed))
        self._request = self._resources.enter_context(graceful_stop())
        self._steps, self._first_share, self._began = steps, share, time.monotonic()

    def advance(self, *, step: int, share: float, metrics: Mapping[str, float]) -> None:
        """Move the bar on, which goes on showing the metrics of the last interval; or say these in a line."""
        self._metrics = metrics or self._metrics
        if self._bar is not None and self._bar.shown:
            by_clock = self._steps is None
            note = format_values({"step": step, **self._metrics} if by_clock else self._metrics)
            self._bar.advance(round(100 * share) if by_clock else step, note)
        elif metrics:
            done = f", {share:.0%} done" if self._steps is None else f" of {self._steps:,}"
            self._console.say(f"step {step:,}{done}, {format_values(metrics)}{self._time_left(share)}")

    def _time_left(self, share: float) -> str:
        """Return how long the rest will take at the speed so far, as ", 1:02:03 left"."""
        left = 1 - share
        seconds = round((time.monotonic() - self._began) * left / (share - self._first_share)) if left else 0
        return f", {timedelta(seconds=seconds)} left" if left else ""

    def stop_requested(self) -> bool:
        """True after the first signal."""
        stop = self._request.signal_number is not None
        if stop and not self._stop_said:
            self._stop_said = True
            self._console.say("stopping: saving a checkpoint (the same signal again ends at once)")
        return stop

    def check_stopped(self, result: TrainingResult) -> None:
        """Raise Stopped if training was cut short by a signal."""
        if self._request.signal_number is not None and not result.finished:
            of_all = "" if result.steps is None else f" of {result.steps}"
            details = f"step {result.step}{of_all} is saved in {result.run}; the same command goes on from it"
            raise Stopped(self._request.signal_number, details)


def describe_training(step: int, steps: int | None, summary: Mapping[str, object]) -> str:
    """Return what is trained, in one line; how long, if not so many steps, the summary says."""
    end = {} if steps is None else {"to step": steps}
    return format_values({"from step": step, **end, **summary})


def format_values(values: Mapping[str, object]) -> str:
    """Return names and values as "device cpu, loss 0.1234, parameters generator 1,234,567"."""
    return ", ".join(f"{name} {_format_value(value)}" for name, value in values.items())


def _format_value(value: object) -> str:
    match value:
        case bool():
            return str(value)
        case int():
            return f"{value:,}"
        case float():
            return f"{value:.4g}"
        case Mapping():
            return format_values(value)
    return str(value)
