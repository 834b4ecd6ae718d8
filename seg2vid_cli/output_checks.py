"""What must hold before results may be written: names that do not collide, folders that can take them."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from seg2vid_cli.numbered_files import numbered_files
from seg2vid_cli.staging import existing_results_error
from seg2vid_interface.errors import OutputError, UsageError

if TYPE_CHECKING:
    from seg2vid_cli.outputs import PlannedOutput

_IN_THE_WAY = "Choose another -o, or move it away."


def check_outputs(outputs: Sequence["PlannedOutput"], inputs: Iterable[Path]) -> None:
    """Check all results of a run; change nothing on disk.

    Raises:
        UsageError: two results have one name, or a result would replace an input.
        OutputError: a folder is missing or not writable, or results exist and are not to be replaced.
    """
    _check_collisions(outputs, inputs)
    for output in outputs:
        _check_folders(output)
    existing = [path for output in outputs for path in _existing_results(output)]
    if existing and not outputs[0].overwrite:
        raise existing_results_error(existing)


def _check_collisions(outputs: Sequence["PlannedOutput"], inputs: Iterable[Path]) -> None:
    results: set[Path] = set()
    for path in (path for output in outputs for path in [output.video, *output.saved]):
        if not results.isdisjoint(_with_parents(path)):
            raise UsageError(f"{path}: two results would be written there", "Rename an input, or run twice.")
        results.add(path.resolve())
    for path in inputs:
        if not results.isdisjoint(_with_parents(path)):
            raise UsageError(f"{path}: is read, and a result would replace it", "Choose another -o.")


def _with_parents(path: Path) -> list[Path]:
    """Return a path and its folders, as a result may be a folder that other files lie in."""
    resolved = path.resolve()
    return [resolved, *resolved.parents]


def _check_folders(output: "PlannedOutput") -> None:
    for folder in {path.parent for path in [*output.files, *output.folders]}:
        is_new = output.makes_folder and folder == output.video.parent
        _check_writable(folder.parent if is_new else folder)
    for folder in output.folders:
        if folder.is_dir():
            _check_writable(folder)
        elif os.path.lexists(folder):
            raise OutputError(f"{folder}: a folder of pictures or arrays goes there, but it is a file", _IN_THE_WAY)
    for file in output.files:
        if file.is_dir():
            raise OutputError(f"{file}: a file goes there, but it is a folder", _IN_THE_WAY)


def _check_writable(folder: Path) -> None:
    if not os.path.lexists(folder):
        raise OutputError(f"{folder}: no such folder to write to", f"Make it first: mkdir -p {folder}")
    if not folder.is_dir():
        raise OutputError(f"{folder}: not a folder, so nothing can be written in it", "Choose another -o.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"{folder}: not writable", "Choose another -o, or change the folder's permissions.")


def _existing_results(output: "PlannedOutput") -> list[Path]:
    files = [file for file in output.files if os.path.lexists(file)]
    return files + [file for folder, ending in output.folders.items() for file in numbered_files(folder, ending)]
