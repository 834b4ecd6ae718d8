"""`-o -`: a result's bytes on standard output."""

import sys
from typing import BinaryIO, cast

from seg2vid_cli.terminal.console import silence
from seg2vid_interface.errors import OutputError, UsageError


class ReaderGoneError(Exception):
    """Whoever read standard output has seen enough, as `head` has; there is nothing to complain about."""


def check_stdout() -> None:
    """Refuse, before anything is computed, to write bytes where they cannot go.

    Raises:
        UsageError: standard output is a terminal.
        OutputError: it is closed.
    """
    if sys.stdout is None:
        raise OutputError("-o -: standard output is closed", "Name a file: -o clip.mp4")
    if sys.stdout.isatty():
        raise UsageError(
            "-o -: standard output is a terminal, which would show the video's bytes",
            "Pipe it on, for example | ffplay -, or name a file: -o clip.mp4",
        )


def binary_stdout() -> BinaryIO:
    """Return what takes the bytes; the writers of videos use no more of a file than its `write` and `flush`."""
    return cast(BinaryIO, _BinaryStdout())


class _BinaryStdout:
    def __init__(self) -> None:
        self._gone = False

    def write(self, data: bytes) -> int:
        """Write at once: a reader need not wait.  Raises OSError, and ReaderGoneError once."""
        if self._gone:  # what a library writes while it is being closed
            return len(data)
        try:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            self._gone = True
            silence(sys.stdout)
            raise ReaderGoneError from None
        return len(data)

    def flush(self) -> None:
        """Do nothing: all is written."""
