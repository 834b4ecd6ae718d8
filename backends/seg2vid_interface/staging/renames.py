"""Renames that Python's `os` lacks: one that replaces nothing, and one that swaps two names."""

import ctypes
import errno
import os
import sys
from functools import cache
from pathlib import Path
from typing import Any, Final

_HERE: Final = -100  # AT_FDCWD: paths are as the process sees them
_NOREPLACE: Final = 1
_EXCHANGE: Final = 2
_NOT_KNOWN: Final = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EPERM}
"""What systems, file systems and containers answer that know no such rename."""


def take_free_name(path: Path, name: Path) -> None:
    """Rename `path` to `name`, unless something has that name.

    That is one step on Linux and Windows, and for files wherever there are hard links.  For the rest (macOS's folders,
    FAT elsewhere than on Linux) the name is looked at first: what takes it in that very moment is replaced if it is a
    file, or an empty folder.

    Raises:
        FileExistsError: something has the name.
        OSError: it cannot be given.
    """
    if _rename(path, name, _NOREPLACE):
        return
    if sys.platform != "win32" and not path.is_dir() and link(path, name):
        path.unlink()
        return
    if os.path.lexists(name):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(name))
    path.rename(name)


def exchange(path: Path, other: Path) -> bool:
    """Let two files or folders swap their names in one step; return whether the system can.  Raises OSError."""
    return _rename(path, other, _EXCHANGE)


def link(path: Path, name: Path) -> bool:
    """Give a file, or a link as such, a second name; return whether it could be given.  Raises FileExistsError."""
    try:
        os.link(path, name, follow_symlinks=False)
    except FileExistsError:
        raise
    except (OSError, NotImplementedError):  # FAT, Windows and some network file systems; files of others
        return False
    return True


def _rename(path: Path, name: Path, flag: int) -> bool:
    """Return whether the system knows renames with flags.  Raises OSError if it does, and this one failed."""
    function = _renameat2()
    if function is None:
        return False
    if function(_HERE, os.fsencode(path), _HERE, os.fsencode(name), flag) == 0:
        return True
    number = ctypes.get_errno()
    if number in _NOT_KNOWN:
        return False
    raise OSError(number, os.strerror(number), str(path), None, str(name))


@cache
def _renameat2() -> Any:
    """Return the C library's function; None if it has none."""
    if sys.platform != "linux":
        return None
    return getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
