"""A run's folder: what lies in it, whether a command goes on with it, and starting it anew."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seg2vid_interface.errors import ModelError, OutputError, SettingsError
from seg2vid_torch.training.checkpoint import CHECKPOINT_NAME, read_checkpoint
from seg2vid_torch.training.metrics_log import BOARD_NAME, METRICS_NAME

SETTINGS_NAME = "settings.json"
SAMPLES_NAME = "samples"
# What a run writes, and `--overwrite` therefore removes; other files are left alone.
RUN_FILES = (SETTINGS_NAME, CHECKPOINT_NAME, METRICS_NAME)
FOLDER_FILES = {SAMPLES_NAME: ("[0-9]" * 7 + ".png", "[0-9]" * 7 + ".webp"), BOARD_NAME: ("events.out.tfevents.*",)}


def find_checkpoint(run: Path, header: Mapping[str, Any], *, overwrite: bool) -> dict[str, Any] | None:
    """Return the checkpoint to go on from; None if the run starts at step 0.

    Raises:
        SettingsError: the run was started with other settings.
        OutputError: something else lies where the run's files would.
        ModelError: its settings or its checkpoint cannot be read.
    """
    if run.exists() and not run.is_dir():
        raise OutputError(f"--out {run}: is a file, not a folder", "Name a folder for the run.")
    if overwrite:
        return None
    if not (run / SETTINGS_NAME).exists():
        _refuse_foreign_files(run)
        return None
    _compare_settings(run, header)
    if not (run / CHECKPOINT_NAME).exists():  # stopped before its first checkpoint
        return None
    return read_checkpoint(run / CHECKPOINT_NAME)


def make_run(run: Path, header: Mapping[str, Any]) -> None:
    """Make the run's folder, without what an earlier run wrote there.  Raises OutputError."""
    try:
        _remove_earlier(run)
        (run / SAMPLES_NAME).mkdir(parents=True, exist_ok=True)
        temporary = run / f".{SETTINGS_NAME}.tmp"
        temporary.write_text(json.dumps(header, indent=1) + "\n", encoding="utf-8")
        temporary.replace(run / SETTINGS_NAME)
    except OSError as error:
        raise OutputError(f"--out {run}: cannot be made: {error.strerror}") from None


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


def _compare_settings(run: Path, header: Mapping[str, Any]) -> None:
    try:
        saved = json.loads((run / SETTINGS_NAME).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ModelError(f"{run / SETTINGS_NAME}: not readable: {error}", "Start anew with --overwrite.") from None
    before, now = _flat(saved), _flat(json.loads(json.dumps(header)))
    changed = sorted(key for key in before.keys() | now.keys() if before.get(key) != now.get(key))
    if changed:
        listed = ", ".join(f"{key} ({_short(before.get(key))} -> {_short(now.get(key))})" for key in changed[:5])
        raise SettingsError(
            f"--out {run}: this run was started with other settings: {listed}",
            "Give the same settings to resume it, another --out, or --overwrite to start anew.",
        )


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in table.items():
        name = f"{prefix}{key}"
        flat |= _flat(value, f"{name}.") if isinstance(value, dict) else {name: value}
    return flat
