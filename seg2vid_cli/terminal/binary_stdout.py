"""`-o -`: a result's bytes on standard output."""

import shutil
import sys
import tempfile
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


class HeldStdout:
    """The same bytes, kept on disk until it is known that they are wanted."""

    def __init__(self) -> None:
        self._file: BinaryIO | None = None

    def binary(self) -> BinaryIO:
        """Return what takes the bytes; like standard output it cannot go back, so that writers do nothing else."""
        return cast(BinaryIO, self)

    def write(self, data: bytes) -> int:
        """Keep more bytes.  Raises OSError."""
        if self._file is None:
            self._file = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115  # `discard` closes it
        return self._file.write(data)

    def flush(self) -> None:
        """Do nothing: nobody waits for them yet."""

    def release(self) -> None:
        """Write all to standard output.  Raises OSError, and ReaderGoneError."""
        if self._file is not None:
            self._file.seek(0)
            shutil.copyfileobj(self._file, binary_stdout())
        self.discard()

    def discard(self) -> None:
        """Forget what is kept; harmless twice."""
        if self._file is not None:
            self._file.close()
            self._file = None
