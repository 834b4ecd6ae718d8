"""How a command ends that goes through many inputs, of which some may have failed."""

from collections.abc import Mapping
from typing import Any, Protocol

import typer

from seg2vid_cli.terminal.console import Console
from seg2vid_interface.errors import Seg2VidError


class FailedInputsError(Seg2VidError):
    """Some of several inputs failed; each one's own error was reported."""

    code = "inputs"


class Outcome(Protocol):
    """What came of all inputs."""

    @property
    def inputs(self) -> int:
        """How many there were."""

    @property
    def failures(self) -> Mapping[Any, Seg2VidError]:
        """Input -> why nothing came of it."""

    def data(self) -> dict[str, Any]:
        """Return what `--json` shows."""


def finish(outcome: Outcome, console: Console, what: str = "inputs failed") -> None:
    """End the command.

    If inputs failed, JSON has `ok` false, `data` with the outputs that were made and a list `failures` (input, code,
    message, hint), and `error`: the failure itself if there is one input, else how many failed, with the code "inputs".
    """
    if not outcome.failures:
        console.succeed((), outcome.data())
        return
    error, *_ = outcome.failures.values()
    if outcome.inputs > 1:
        error = FailedInputsError(f"{len(outcome.failures)} of {outcome.inputs} {what}")
    console.fail(error, outcome.data())
    raise typer.Exit(error.exit_code)
