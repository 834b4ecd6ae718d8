"""Results that are there already: refused, or skipped where a run that was stopped goes on."""

import os
from dataclasses import replace
from pathlib import Path

from seg2vid_cli.files.numbered_files import numbered_files, numbered_name
from seg2vid_cli.outputs.plan import PlannedOutputs
from seg2vid_cli.outputs.planned import PlannedOutput
from seg2vid_cli.outputs.save_names import ALL, OF_THINGS, SAVE_NAMES
from seg2vid_interface.errors import OutputError
from seg2vid_interface.staging.leftovers import put_right


def finish_killed_runs(outputs: PlannedOutputs) -> None:
    """Put right, where outputs will go, what runs that were killed left half done."""
    put_right(outputs.folders())


def existing_results(output: PlannedOutput) -> list[Path]:
    """Return the files of an output's names that are there."""
    files = [file for file in output.files if os.path.lexists(file)]
    return files + [file for folder, ending in output.folders.items() for file in numbered_files(folder, ending)]


def existing_fields(output: PlannedOutput) -> list[Path]:
    """Return the same of all that any run may have saved beside it."""
    return existing_results(replace(output, save=frozenset(SAVE_NAMES)))


def without_optional(output: PlannedOutput, asked: frozenset[str]) -> PlannedOutput:
    """Return an output with those files alone that it must have.

    Args:
        output: one of a run.
        asked: `--save`, as it was given; of ALL, a clip has no more than its label map has.
    """
    return replace(output, save=output.save - (set(OF_THINGS) - asked)) if ALL in asked else output


def is_there(output: PlannedOutput, frames: int) -> bool:
    """Say whether an output need not be made; files get their names when they are whole, the clip's own the last.

    Args:
        output: one of a run, with those files that it must have.
        frames: length of the clip.

    Raises:
        OutputError: some of its files are there and others are not.
    """
    missing = _missing(output, frames)
    if missing is None:
        return True
    if found := existing_results(output):
        raise OutputError(
            f"{found[0]}: exists already, but {missing} does not, so it cannot be skipped",
            "Ask for the same --save as before, remove it, or choose another -o."
            if output.in_shard
            else "Replace it with --overwrite in the place of --skip-existing, remove it, or choose another -o.",
        )
    return False


def _missing(output: PlannedOutput, frames: int) -> Path | None:
    """Return the first file that is not there."""
    if file := next((file for file in output.files if not os.path.lexists(file)), None):
        return file
    for folder, count in output.numbered(frames).items():
        ending = output.folders[folder]
        present = {path.name for path in numbered_files(folder, ending)}
        lacking = (number for number in range(count) if numbered_name(number, ending) not in present)
        if (first := next(lacking, None)) is not None:
            return folder / numbered_name(first, ending)
    return None
