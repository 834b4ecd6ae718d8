"""SIGINT and SIGTERM: an orderly end, so that every `finally` runs and no half file stays behind.

Exit codes are the shell's: 128 + the signal's number, 130 for SIGINT (Ctrl-C) and 143 for SIGTERM.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_NAMES = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}


class Stopped(BaseException):
    """A signal that ends the program; no `except Exception` of a library swallows it.

    It is reported as a Seg2VidError is, and has its attributes.
    """

    hint = None

    def __init__(self, signal_number: int, details: str | None = None) -> None:
        self.code = _NAMES[signal.Signals(signal_number)]
        self.exit_code = 128 + signal_number
        self.message = self.code if details is None else f"{self.code}: {details}"
        super().__init__(self.message)


class StopRequest:
    """The first signal within `graceful_stop`."""

    signal_number: int | None = None
    """None until the signal comes."""

    def receive(self, signal_number: int, _frame: FrameType | None) -> None:
        """Handle a signal: remember the first, raise Stopped at the second."""
        if self.signal_number is not None:
            raise Stopped(signal_number)
        self.signal_number = signal_number


@contextmanager
def stop_on_sigterm() -> Iterator[None]:
    """Raise Stopped where SIGTERM finds the program; SIGINT raises KeyboardInterrupt as ever."""

    def stop(signal_number: int, _frame: FrameType | None) -> None:
        raise Stopped(signal_number)

    previous = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


@contextmanager
def graceful_stop() -> Iterator[StopRequest]:
    """Let the work within the block notice the first SIGINT or SIGTERM by itself; a second one raises Stopped."""
    request = StopRequest()
    previous = {number: signal.signal(number, request.receive) for number in _NAMES}
    try:
        yield request
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
