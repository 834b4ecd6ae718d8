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
        self._first = self._steps = 0
        self._began = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._resources.close()

    def begin(self, *, step: int, steps: int, summary: Mapping[str, object]) -> None:
        """Say what is trained, show the bar, and from now on let signals only ask for a stop."""
        self._console.say(describe_training(step, steps, summary))
        self._bar = self._resources.enter_context(self._console.progress("training", steps, "steps", completed=step))
        self._request = self._resources.enter_context(graceful_stop())
        self._first, self._steps, self._began = step, steps, time.monotonic()

    def advance(self, *, step: int, metrics: Mapping[str, float]) -> None:
        """Move the bar on, which goes on showing the metrics of the last interval; or say these in a line."""
        self._metrics = metrics or self._metrics
        if self._bar is not None and self._bar.shown:
            self._bar.advance(step, format_values(self._metrics))
        elif metrics:
            self._console.say(f"step {step:,} of {self._steps:,}, {format_values(metrics)}{self._time_left(step)}")

    def _time_left(self, step: int) -> str:
        """Return how long the steps that are left will take at the speed so far, as ", 1:02:03 left"."""
        left = self._steps - step
        seconds = round((time.monotonic() - self._began) * left / (step - self._first))
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
            details = f"step {result.step} of {result.steps} is saved in {result.run}; the same command goes on from it"
            raise Stopped(self._request.signal_number, details)


def describe_training(step: int, steps: int, summary: Mapping[str, object]) -> str:
    """Return what is trained, in one line."""
    return format_values({"from step": step, "to step": steps, **summary})


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
