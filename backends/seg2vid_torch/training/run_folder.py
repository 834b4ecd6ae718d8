"""A run's folder: what lies in it, whether a command goes on with it, and starting it anew."""

import json
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from seg2vid_interface.documents import parse_json, read_document
from seg2vid_interface.errors import ModelError, OutputError, SettingsError
from seg2vid_interface.staging.replacing import replacing
from seg2vid_torch.training.checkpoint import CHECKPOINT_NAME, read_checkpoint
from seg2vid_torch.training.metrics_log import BOARD_NAME, METRICS_NAME
from seg2vid_torch.training.run_lock import RunLock

SETTINGS_NAME = "settings.json"
SAMPLES_NAME = "samples"
SHOWN = 5  # settings that a message names
FREE_KEYS = {"settings.steps", "settings.minutes", "settings.accumulate"}
"""What may be another when a run goes on: it may be given more steps, or fewer that are not done yet."""
# What a run writes, and `--overwrite` therefore removes; other files are left alone.
RUN_FILES = (SETTINGS_NAME, CHECKPOINT_NAME, METRICS_NAME)
FOLDER_FILES = {SAMPLES_NAME: ("[0-9]" * 7 + ".png", "[0-9]" * 7 + ".webp"), BOARD_NAME: ("events.out.tfevents.*",)}


def is_run(run: Path) -> bool:
    """Say whether a training has begun in a folder."""
    return (run / SETTINGS_NAME).exists()


def find_checkpoint(
    run: Path, header: Mapping[str, Any], *, overwrite: bool, unknown: Collection[str] = ()
) -> dict[str, Any] | None:
    """Return the checkpoint to go on from; None if the run starts at step 0.  Writes nothing.

    The number of steps or minutes may be another than the run was started with; the `unknown` keys of the header may
    be, too.

    Raises:
        SettingsError: the run was started with other settings, or has done more steps than are asked for.
        OutputError: something else lies where the run's files would, or nothing can be written there.
        ModelError: its settings or its checkpoint cannot be read.
    """
    _refuse_unwritable(run)
    if overwrite:
        return None
    if not is_run(run):
        _refuse_foreign_files(run)
        return None
    _compare_settings(run, header, FREE_KEYS | set(unknown))
    if not (run / CHECKPOINT_NAME).exists():  # stopped before its first checkpoint
        return None
    checkpoint = read_checkpoint(run / CHECKPOINT_NAME)
    _refuse_less(run, header["settings"], checkpoint)
    return checkpoint


def _refuse_less(run: Path, settings: Mapping[str, Any], checkpoint: Mapping[str, Any]) -> None:
    """Raise SettingsError if the run has done more than is asked for."""
    steps, minutes, before = settings["steps"], settings["minutes"], checkpoint["settings"].get("minutes")
    done = checkpoint.get("seconds", 0) / 60
    if minutes is None and checkpoint["step"] > steps:
        problem, remedy = f"steps = {steps}, but {checkpoint['step']} are done", "steps=N"
    elif minutes and before and minutes < min(before, done):  # a finished run has taken a little longer than asked
        problem, remedy = f"minutes = {minutes:g}, but {done:.2f} are done", "minutes=M"
    else:
        return
    raise SettingsError(
        f"--out {run}: {problem}",
        f"Give at least as many --set {remedy}, another --out, or --overwrite to start anew.",
    )


def make_run(run: Path, header: Mapping[str, Any], lock: RunLock) -> None:
    """Make the run's folder, without what an earlier run wrote there, and take its lock.  Raises OutputError."""
    try:
        run.mkdir(parents=True, exist_ok=True)
        if lock.take() and is_run(run):
            raise OutputError(f"--out {run}: another training has been there meanwhile", "Give another --out.")
        _remove_earlier(run)
        (run / SAMPLES_NAME).mkdir(exist_ok=True)
    except OSError as error:
        raise OutputError(f"--out {run}: cannot be made: {error.strerror}") from None
    _write_settings(run, header)


def go_on(run: Path, header: Mapping[str, Any]) -> None:
    """Write the settings that a run goes on with.  Raises OutputError."""
    _write_settings(run, header)


def _write_settings(run: Path, header: Mapping[str, Any]) -> None:
    with replacing(run / SETTINGS_NAME) as temporary:
        temporary.write_text(json.dumps(header, indent=1) + "\n", encoding="utf-8")


def _refuse_unwritable(run: Path) -> None:
    """Raise OutputError if the run's folder, or the one that it would be made in, cannot be written to."""
    nearest = next(folder for folder in (run.absolute(), *run.absolute().parents) if os.path.lexists(folder))
    if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
        return
    problem = "cannot be written to" if nearest.is_dir() else "is a file, not a folder"
    where = "" if os.path.lexists(run) else f"{nearest} "
    raise OutputError(f"--out {run}: {where}{problem}", "Name another folder for the run.")


def _refuse_foreign_files(run: Path) -> None:
    for name in (*RUN_FILES, *FOLDER_FILES):
        if (run / name).exists():
            raise OutputError(
                f"{run / name}: exists already, and is of no run that could be resumed",
                "Give another --out, or --overwrite.",
            )


def _remove_earlier(run: Path) -> None:
    for name in RUN_FILES:
        (run / name).unlink(missing_ok=True)
    for name, patterns in FOLDER_FILES.items():
        for pattern in patterns:
            for path in (run / name).glob(pattern):
                path.unlink()


def _compare_settings(run: Path, header: Mapping[str, Any], free: Collection[str]) -> None:
    """Raise SettingsError if the run was started with others; those that are `free` may differ."""
    try:
        saved = parse_json(read_document(run / SETTINGS_NAME))
        if not isinstance(saved, dict):
            raise ValueError("no JSON object")
    except (OSError, ValueError) as error:
        raise ModelError(f"{run / SETTINGS_NAME}: not readable: {error}", "Start anew with --overwrite.") from None
    if changes := changes_of(saved, header, free):
        raise SettingsError(
            f"--out {run}: this run was started with other settings: {changes}",
            "Give the same settings to resume it, another --out, or --overwrite to start anew.",
        )


def changes_of(saved: Mapping[str, Any], header: Mapping[str, Any], free: Collection[str] = ()) -> str:
    """Return what is another in a header, save what is `free` to be, as "key (before -> now), ..."; "" if nothing."""
    before, now = _flat(saved), _flat(parse_json(json.dumps(header)))
    changed = sorted(key for key in (before.keys() | now.keys()) - set(free) if before.get(key) != now.get(key))
    listed = ", ".join(f"{key} ({_short(before.get(key))} -> {_short(now.get(key))})" for key in changed[:SHOWN])
    more = f" and {len(changed) - SHOWN} more" if len(changed) > SHOWN else ""
    return f"{listed}{more}"


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in table.items():
        name = f"{prefix}{key}"
        flat |= _flat(value, f"{name}.") if isinstance(value, dict) else {name: value}
    return flat
