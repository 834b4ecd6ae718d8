"""Whether a damaged file was taken well: read as what it holds, or refused in a line that says which file and why."""

import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TypeVar

from seg2vid_interface.errors import Seg2VidError

Result = TypeVar("Result")
MOST_SECONDS = 20.0
MOST_BYTES = 2 << 30
"""Of address space beyond what the process has."""


class TookTooLong(BaseException):
    """A reader hangs; no `except Exception` of a library swallows it."""


def problem_of(read: Callable[[Path], Result], path: Path, agrees: Callable[[Result], str | None]) -> str | None:
    """Return what is wrong with how a file is read; None if nothing is.

    Args:
        read: the reader.
        path: of the file.
        agrees: says what is wrong with what was read.
    """
    try:
        with bounded():
            return agrees(read(path))
    except Seg2VidError as error:
        return problem_of_error(error, path)
    except TookTooLong:
        return f"takes more than {MOST_SECONDS:g} seconds"
    except Exception as error:  # noqa: BLE001  # which is what this is about
        place = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno})"


def problem_of_error(error: Seg2VidError, path: Path) -> str | None:
    """Return what is wrong with an error about a file."""
    texts = [error.message, *([] if error.hint is None else [error.hint])]
    if any("\n" in text or not text for text in texts):  # other control characters the terminal does not get to see
        return f"not one line: {texts!r}"
    if str(path) not in error.message and str(path.parent) not in error.message:
        return f"does not name the file: {error.message}"
    if error.hint is None:
        return f"no hint: {error.message}"
    return None


@contextmanager
def bounded() -> Iterator[None]:
    """Bound what the block takes in time and memory, on systems that can: TookTooLong, MemoryError."""
    if sys.platform != "linux":
        yield
        return
    import resource

    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    before = resource.getrlimit(resource.RLIMIT_AS)
    handler = signal.signal(signal.SIGALRM, _raise)
    resource.setrlimit(resource.RLIMIT_AS, (used + MOST_BYTES, before[1]))
    signal.setitimer(signal.ITIMER_REAL, MOST_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        resource.setrlimit(resource.RLIMIT_AS, before)


def _raise(number: int, frame: FrameType | None) -> None:
    raise TookTooLong
