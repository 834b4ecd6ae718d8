"""Result files that a command writes in the end, refused before anything is measured if they cannot be written."""

import os
from importlib.util import find_spec
from pathlib import Path

from seg2vid_interface.errors import OutputError, UsageError
from seg2vid_interface.staging.leftovers import put_right
from seg2vid_interface.staging.staging import existing_results_error

ENDINGS = {"-o": (".json", ".md"), "--plot": (".png", ".svg")}


def check_result_file(flag: str, path: Path, name: str, *, overwrite: bool) -> None:
    """Refuse a file that cannot be written.

    Args:
        flag: "-o" or "--plot".
        path: its value.
        name: of a file for an example, without ending.
        overwrite: whether an existing file is replaced.

    Raises:
        UsageError: an ending that is none of those known.
        OutputError: its folder is missing or not writable, or it exists and is not to be replaced.
    """
    endings = ENDINGS[flag]
    if path.suffix.lower() not in endings:
        raise UsageError(
            f"{flag} {path}: the ending is not {' or '.join(endings)}", f"For example {flag} {name}{endings[0]}."
        )
    if not path.parent.is_dir():
        raise OutputError(f"{flag} {path}: no such folder to write to", f"Make it first: mkdir -p {path.parent}")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise OutputError(f"{flag} {path}: the folder is not writable", f"Choose another {flag}.")
    if path.is_dir():
        raise OutputError(f"{flag} {path}: is a folder", f"Choose another {flag}.")
    put_right([path.parent])
    if os.path.lexists(path) and not overwrite:
        raise existing_results_error([path], flag)


def check_plotting() -> None:
    """Raise OutputError if matplotlib is not installed."""
    if find_spec("matplotlib") is None:
        raise OutputError("--plot: matplotlib is not installed", "Install it: pip install 'seg2vid[plot]'")
