"""Signals wait while files take their names, so that neither that nor its undoing is cut short."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")  # Windows lacks the third, others lack the last


@contextmanager
def signals_held() -> Iterator[None]:
    """Let the first signal that comes within the block act at its end.

    Only in the main thread: nowhere else does Python let signals act.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held, came = [True], list[int]()
    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    handlers = {number: signal.getsignal(number) for number in numbers}
    previous = {number: handler for number, handler in handlers.items() if handler not in (signal.SIG_IGN, None)}

    def receive(number: int, _frame: FrameType | None) -> None:
        if held:
            came.append(number)
        else:  # between two steps of giving the handlers back, or of taking them
            signal.signal(number, previous[number])
            signal.raise_signal(number)

    try:
        for number in previous:
            signal.signal(number, receive)
        yield
    finally:
        held.clear()
        for number, handler in previous.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])
