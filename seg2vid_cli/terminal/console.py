"""The only place that writes to the terminal: results to stdout, messages, errors and progress to stderr."""

import json
import os
import re
import sys
import time
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any, TextIO

from seg2vid_cli.terminal.signals import Stopped
from seg2vid_interface.errors import OutputError, Seg2VidError

if TYPE_CHECKING:
    from rich.progress import Progress

BAR_DELAY = 1.0
"""Seconds of work before a progress bar is shown."""


def program_version() -> str:
    """Return the installed version of seg2vid."""
    from importlib.metadata import version

    return version("seg2vid")


def harmless(line: str) -> str:
    """Return the line without what names and texts of strangers could steer the terminal with.

    Those are control characters and marks that turn the direction of writing; half letters can be bytes of a name.
    """
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udc7f\udd00-\udfff]", "?", line)


class Console:
    """What one command says.

    Args:
        command: name of the command as JSON gives it, e.g. "models list"; None if none was recognised.
        json: print one JSON object on stdout instead of lines.
        quiet: leave out messages and progress; errors are always shown.
        debug: show tracebacks of errors.
    """

    def __init__(self, command: str | None, *, json: bool = False, quiet: bool = False, debug: bool = False) -> None:
        self.command = command
        self.json = json
        self.quiet = quiet
        self.debug = debug
        self._bar: ProgressBar | None = None

    def say(self, message: str) -> None:
        """Write a message to stderr, as one line."""
        if not self.quiet:
            self._write(sys.stderr, harmless(message))

    def succeed(self, lines: Iterable[str], data: Mapping[str, Any]) -> None:
        """Write a command's result to stdout: `data` as JSON where that was asked for, else `lines`.

        Raises OutputError if stdout takes no more.
        """
        if self.json:
            self._write_json({"ok": True, "data": data})
            return
        self.write_lines(lines)

    def write_lines(self, lines: Iterable[str]) -> None:
        """Write lines of a result to stdout, none where JSON was asked for.  Raises OutputError as `succeed` does."""
        if not self.json:
            for line in lines:
                self._write(sys.stdout, line)

    def report(self, error: Seg2VidError | Stopped) -> None:
        """Write an error to stderr: one line for what is wrong, a second one for what to do."""
        if self.debug:
            self._write(sys.stderr, "".join(traceback.format_exception(error)).rstrip())
        message = error.message if isinstance(error, Stopped) else f"error: {error.message}"
        self._write(sys.stderr, harmless(message))
        if error.hint is not None:
            self._write(sys.stderr, f"       {harmless(error.hint)}")

    def fail(self, error: Seg2VidError | Stopped, data: Mapping[str, Any] | None = None) -> None:
        """Write the error that ends a command, with what it had made until then as JSON's `data`."""
        self.report(error)
        if self.json:
            details = {"code": error.code, "message": error.message, "hint": error.hint}
            with suppress(OutputError):  # an error of writing errors would go round in circles
                self._write_json({"ok": False} | ({} if data is None else {"data": data}) | {"error": details})

    @contextmanager
    def progress(self, description: str, total: int, unit: str, completed: int = 0) -> Iterator["ProgressBar"]:
        """Show a bar on stderr while the block works, if that is a terminal and the work takes over a second."""
        shown = not self.quiet and sys.stderr.isatty()
        self._bar = ProgressBar(description, total, unit, completed, shown=shown)
        try:
            yield self._bar
        finally:
            self._bar.close()
            self._bar = None

    def _write_json(self, document: dict[str, Any]) -> None:
        head = {"ok": document.pop("ok"), "command": self.command, "version": program_version()}
        self._write(sys.stdout, json.dumps(head | document, default=str))

    def _write(self, stream: TextIO, line: str) -> None:
        with nullcontext() if self._bar is None else self._bar.hidden():
            _write_line(stream, line)


class ProgressBar:
    """Work done so far, its speed and the time left."""

    def __init__(self, description: str, total: int, unit: str, completed: int, *, shown: bool) -> None:
        self._description = description
        self._total = total
        self._unit = unit
        self._first = completed
        self.shown = shown
        """Whether it is shown at all, be it after a while; not if quiet, or where there is no terminal."""
        self._began = time.monotonic()
        self._rich: Progress | None = None

    def advance(self, completed: int, note: str = "") -> None:
        """Tell that `completed` of the total units are done; `note` stands at the end of the bar."""
        elapsed = time.monotonic() - self._began
        if not self.shown or elapsed < BAR_DELAY:
            return
        if self._rich is None:
            self._rich = self._start()
        speed = f"{(completed - self._first) / elapsed:.2f} {self._unit}/s"
        self._rich.update(self._rich.task_ids[0], completed=completed, note=f"{speed}  {note}")

    @contextmanager
    def hidden(self) -> Iterator[None]:
        """Take the bar off the terminal while the block writes to it."""
        if self._rich is None:
            yield
            return
        self._rich.stop()
        try:
            yield
        finally:
            self._rich.start()

    def close(self) -> None:
        """Take the bar off the terminal."""
        if self._rich is not None:
            self._rich.stop()
            self._rich = None

    def _start(self) -> "Progress":
        # rich takes longer to import than `--help` to run
        from rich.console import Console as RichConsole
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
        from rich.table import Column

        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            # On a narrow terminal the note is cut, not the bar.
            TextColumn("{task.fields[note]}", markup=False, table_column=Column(ratio=1, no_wrap=True)),
        )
        terminal = RichConsole(stderr=True)
        # Redirected, results would go where the bar is: to stderr.
        bar = Progress(
            *columns, console=terminal, transient=True, redirect_stdout=False, redirect_stderr=False, expand=True
        )
        bar.add_task(self._description, total=self._total, completed=self._first, note="")
        bar.start()
        return bar


def _write_line(stream: TextIO, line: str) -> None:
    """Write and flush one line.

    Raises:
        OutputError: stdout takes no more, and its reader has not simply gone; stderr has nowhere to say so.
    """
    try:
        stream.write(f"{line}\n")
        stream.flush()
    except OSError as error:
        silence(stream)
        if stream is sys.stdout and not isinstance(error, BrokenPipeError):  # broken: head or less has seen enough
            raise OutputError(f"standard output: {error.strerror}") from error


def flush_results() -> None:
    """Flush stdout, whoever wrote to it (Typer writes `--help`), so that Python need not fail to do so at exit."""
    try:
        sys.stdout.flush()
    except OSError:
        silence(sys.stdout)


def silence(stream: TextIO) -> None:
    """Send what follows nowhere, and what is still to be flushed."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
