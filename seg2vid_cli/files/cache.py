"""The user's cache folder: models that were pulled, and graphs that backends have made ready for this machine."""

import os
import shutil
from pathlib import Path

from seg2vid_interface.errors import OutputError

CACHE_VARIABLE = "SEG2VID_CACHE"
"""The environment variable that puts the cache folder elsewhere."""
MOST_BYTES = 1_000_000_000
"""Of graphs; beyond it the oldest go.  The bundled model's take 25 MB a size and backend."""


def cache_folder() -> Path:
    """Return the folder; it need not exist.  Raises OutputError where there is none (`find_cache_folder`)."""
    folder = find_cache_folder()
    if folder is None:
        raise OutputError(
            "the user has no home folder, so that there is no cache folder",
            f"{CACHE_VARIABLE}=FOLDER in the environment names one.",
        )
    return folder


def find_cache_folder() -> Path | None:
    """Return the folder, which need not exist; None for a user without a home, as a container's may be."""
    chosen = os.environ.get(CACHE_VARIABLE)
    if chosen:
        return Path(chosen).absolute()
    from platformdirs import user_cache_path

    try:
        folder = user_cache_path("seg2vid", appauthor=False)
    except RuntimeError:  # neither HOME nor an entry in the list of users
        return None
    return folder if folder.is_absolute() else None  # earlier platformdirs: "~" as it is, in the current folder


def graph_cache() -> Path | None:
    """Return the folder in which backends keep graphs; None where nothing can be written."""
    cache = find_cache_folder()
    if cache is None:
        return None
    folder = cache / "graphs"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _drop_oldest(folder, MOST_BYTES)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


def _drop_oldest(folder: Path, most_bytes: int) -> None:
    """Delete what backends made longest ago until the rest is no larger than `most_bytes`."""
    entries = [(entry, _size(entry)) for entry in folder.glob("*/*")]
    total = sum(size for _, size in entries)
    for entry, size in sorted(entries, key=lambda pair: pair[0].stat().st_mtime):
        if total <= most_bytes:
            return
        _remove(entry)
        total -= size


def _size(entry: Path) -> int:
    files = entry.rglob("*") if entry.is_dir() else [entry]
    return sum(file.stat().st_size for file in files)


def _remove(entry: Path) -> None:
    if entry.is_dir():  # what a program that was killed left behind
        shutil.rmtree(entry, ignore_errors=True)
    else:
        entry.unlink(missing_ok=True)
