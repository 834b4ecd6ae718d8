"""One run at a time that writes shards of the same names: two would each make what the other has not packed yet."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from seg2vid_cli.outputs.webdataset.names import ShardNames
from seg2vid_interface.errors import OutputError
from seg2vid_interface.staging.locks import take_lock

if TYPE_CHECKING:
    from filelock import BaseFileLock


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
    lock = _taken(names)
    try:
        yield
    finally:
        if lock is not None:
            is_removed = _remove(names.lock)  # before it is given back: the next one's is not to be removed
            lock.release()
            if not is_removed:  # Windows removes no file that is held
                _remove(names.lock)
        for folder in missing:
            with suppress(OSError):  # something lies in it now
                folder.rmdir()


def _taken(names: ShardNames) -> "BaseFileLock | None":
    try:
        lock = take_lock(names.lock)
        while lock is not None and not names.lock.exists():  # its last holder removed it after it was opened here
            lock.release()
            lock = take_lock(names.lock)
    except FileNotFoundError:
        return None
    except TimeoutError:
        raise OutputError(
            f"-o {names.folder}: another run is writing the same shards there",
            "Wait for its end, or choose another -o; several runs share the label maps out with --shard.",
        ) from None
    return lock


def _remove(path: Path) -> bool:
    try:
        path.unlink()
    except OSError:
        return False
    return True
