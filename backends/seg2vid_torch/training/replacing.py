"""Files of a run: they take the place of older ones whole or not at all, and are named where they cannot be written."""

import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from seg2vid_interface.errors import OutputError

_ENDING = ".tmp"


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a name of this process's own to write to, which at the end of the block takes the name `path`.

    A fault within the block leaves what was there before.

    Raises:
        OutputError: it cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}{_ENDING}")
    try:
        with naming(path):
            yield temporary
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Name what is written within the block where it cannot be: a full disk does not say which file it was."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from error


def remove_leftovers(folder: Path, names: Iterable[str]) -> None:
    """Remove what processes that were killed within `replacing` left of files of these names.  Raises OSError."""
    for name in names:
        for path in folder.glob(f".{name}.*{_ENDING}"):
            path.unlink(missing_ok=True)
