"""One training at a time in a run's folder."""

import os
import platform
import time
import warnings
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import FileLock, Timeout

from seg2vid_interface.errors import OutputError

LOCK_NAME, HOLDER_NAME = ".lock", ".lock-holder"
MOST_LETTERS = 200
"""Of what the holder says of itself."""


class RunLock:
    """A context manager; what was taken within the block is given back at its end, also by a process that is killed."""

    def __init__(self, run: Path) -> None:
        self._run = run
        self._lock = FileLock(run / LOCK_NAME, timeout=0)

    def take(self) -> bool:
        """Take the lock of a folder that exists, and say in it who has it; return whether it was not held already.

        Raises:
            OutputError: another process has it, or nothing can be written there.
        """
        if self._lock.is_locked:
            return False
        try:
            with warnings.catch_warnings(action="ignore"):  # of file systems that know other locks alone
                self._lock.acquire()
            self._holder.write_text(_this_process(), encoding="utf-8")
        except Timeout:
            raise OutputError(
                f"--out {self._run}: another training is at work there{self._told()}",
                "Wait for its end, or give another --out.",
            ) from None
        except OSError as error:
            raise OutputError(f"--out {self._run}: cannot be written to: {error.strerror}") from error
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._lock.is_locked:
            self._holder.unlink(missing_ok=True)
            self._lock.release()

    @property
    def _holder(self) -> Path:
        return self._run / HOLDER_NAME

    def _told(self) -> str:
        """Return who has the lock, in brackets; nothing if that is not known."""
        try:
            told = self._holder.read_text(encoding="utf-8", errors="replace")[:MOST_LETTERS]
        except OSError:
            return ""
        return f" ({' '.join(told.split())})" if told.isprintable() and told else ""


def _this_process() -> str:
    return f"process {os.getpid()} on {platform.node()}, since {time.strftime('%Y-%m-%d %H:%M:%S')}"
