"""SIGINT, SIGTERM and SIGHUP: an orderly end, so that every `finally` runs and no half file stays behind.

Exit codes are the shell's: 128 + the signal's number, 130 for SIGINT (Ctrl-C), 143 for SIGTERM and 129 for SIGHUP (its
terminal has gone).  A signal that the program was started to ignore, as by `nohup`, stays ignored.

No signal is raised within an import: what a compiled module meets while it starts up becomes an ImportError, which
reads as a package that is broken.
"""

import _thread
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from seg2vid_interface.errors import ToldElsewhere

_NAMES = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}
if hasattr(signal, "SIGHUP"):  # Windows has none
    _NAMES[signal.SIGHUP] = "hung up"

_PAUSE = 0.01
"""Seconds until a signal that came during an import is tried again."""


class Stopped(BaseException):
    """A signal that ends the program; no `except Exception` of a library swallows it.

    It is reported as a Seg2VidError is, and has its attributes.
    """

    hint = None

    def __init__(self, signal_number: int, details: str | None = None) -> None:
        name = _NAMES[signal.Signals(signal_number)]
        self.code = name.replace(" ", "_")
        self.exit_code = 128 + signal_number
        self.message = name if details is None else f"{name}: {details}"
        super().__init__(self.message)


class StopRequest:
    """The first signal within `stop_on_signals` or `graceful_stop`."""

    signal_number: int | None = None
    """None until the signal comes."""

    def check(self) -> None:
        """Raise Stopped if the signal has come."""
        if self.signal_number is not None:
            raise Stopped(self.signal_number)


@contextmanager
def stop_on_signals() -> Iterator[StopRequest]:
    """Raise Stopped where a signal finds the block; at the latest at its end, whatever became of the signal within."""
    request = StopRequest()

    def stop(number: int) -> None:
        raise Stopped(number)

    try:
        with _received(request, stop):
            yield request
    except (Stopped, ToldElsewhere):
        raise
    except BaseException as error:
        if request.signal_number is not None:  # what the signal broke has been taken for a fault
            raise Stopped(request.signal_number) from error
        raise
    request.check()


@contextmanager
def graceful_stop() -> Iterator[StopRequest]:
    """Let the work within the block notice the first signal by itself; a second one raises Stopped."""
    request, first = StopRequest(), [True]

    def stop(number: int) -> None:
        if not first:
            raise Stopped(number)
        first.clear()

    with _received(request, stop):
        yield request


@contextmanager
def _received(request: StopRequest, act: Callable[[int], None]) -> Iterator[None]:
    """Note the first signal within the block, and act on every one as soon as no module is being imported."""
    waiting = [True]

    def receive(number: int, frame: FrameType | None) -> None:
        if request.signal_number is None:
            request.signal_number = number
        if _is_importing(frame):
            _thread.start_new_thread(send_again, (number,))
        else:
            act(number)

    def send_again(number: int) -> None:
        time.sleep(_PAUSE)
        if waiting:
            _thread.interrupt_main(signal.Signals(number))

    handlers = {number: signal.getsignal(number) for number in _NAMES}
    previous = {number: handler for number, handler in handlers.items() if handler not in (signal.SIG_IGN, None)}
    for number in previous:
        signal.signal(number, receive)
    try:
        yield
    finally:
        waiting.clear()
        for number, handler in previous.items():
            signal.signal(number, handler)


def _is_importing(frame: FrameType | None) -> bool:
    """Say whether an import is going on among the frames from this one outwards."""
    while frame is not None:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return True
        frame = frame.f_back
    return False
