"""Files that one process at a time has."""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from filelock import BaseFileLock


def take_lock(path: Path) -> "BaseFileLock | None":
    """Take a lock; None where the file system has none.

    Raises:
        TimeoutError: another process has it.
        FileNotFoundError: its folder is gone.
    """
    from filelock import FileLock

    lock = FileLock(path, timeout=0, thread_local=False)
    try:
        with warnings.catch_warnings(action="ignore"):  # of file systems that know other locks alone
            lock.acquire()
    except (FileNotFoundError, TimeoutError):
        raise
    except OSError:
        return None
    return lock
