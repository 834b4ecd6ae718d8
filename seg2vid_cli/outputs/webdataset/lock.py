"""One run at a time that writes shards of the same names: two would each make what the other has not packed yet."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from seg2vid_cli.outputs.webdataset.names import ShardNames
from seg2vid_interface.errors import OutputError


@contextmanager
def held(names: ShardNames) -> Iterator[None]:
    """Keep others out for the length of the block; nothing of that is left afterwards, save by a run that is killed.

    Where a folder cannot be made or locked, there is no lock: what is wrong with it is told by those who write there.

    Raises:
        OutputError: another run is at work there.
    """
    missing = [path for path in (names.folder, *names.folder.parents) if not path.exists()]
    with suppress(OSError):
        names.folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(names.lock, timeout=0)
    try:
        _take(lock, names)
        yield
    finally:
        if lock.is_locked:
            is_removed = _remove(names.lock)  # before it is given back: the next one's is not to be removed
            lock.release()
            if not is_removed:  # Windows removes no file that is held
                _remove(names.lock)
        for folder in missing:
            with suppress(OSError):  # something lies in it now
                folder.rmdir()


def _take(lock: FileLock, names: ShardNames) -> None:
    try:
        with warnings.catch_warnings(action="ignore"):  # of file systems that know other locks alone
            lock.acquire()
            while not names.lock.exists():  # another run has ended, and removed it, since it was opened
                lock.release()
                lock.acquire()
    except Timeout:
        raise OutputError(
            f"-o {names.folder}: another run is writing the same shards there",
            "Wait for its end, or choose another -o; several runs share the label maps out with --shard.",
        ) from None
    except OSError:
        pass


def _remove(path: Path) -> bool:
    try:
        path.unlink()
    except OSError:
        return False
    return True
