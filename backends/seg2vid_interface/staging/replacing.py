"""Files that take the place of older ones whole or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seg2vid_interface.errors import OutputError
from seg2vid_interface.staging.leftovers import put_right
from seg2vid_interface.staging.staging import Staging


@contextmanager
def unfinished(path: Path) -> Iterator[Path]:
    """Give a name of this process's own to write to, which at the end of the block takes the name `path`.

    A fault within the block leaves what was there before.  Raises OSError.
    """
    put_right([path.parent])
    staging = Staging(overwrite=True)
    try:
        yield staging.add_file(path)
        staging.commit()
    finally:
        staging.discard()


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Do what `unfinished` does, and raise OutputError where the file cannot be written."""
    with naming(path), unfinished(path) as file:
        yield file


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Name what is written within the block where it cannot be: a full disk does not say which file it was."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from error
