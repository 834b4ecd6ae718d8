"""The files of an evaluation: checked before anything is measured, written all at once."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from seg2vid_cli.evaluation.plot import plot_quality
from seg2vid_cli.evaluation.tables import report
from seg2vid_cli.files.result_files import check_plotting, check_result_file
from seg2vid_interface.errors import OutputError
from seg2vid_interface.evaluation import Evaluation
from seg2vid_interface.staging.staging import Staging

SCHEMA: Final = 1
DIGITS: Final = 6


def document(evaluation: Evaluation) -> dict[str, Any]:
    """Return what JSON holds."""
    found: dict[str, Any] = {"schema": SCHEMA, **asdict(evaluation)}
    found["columns"] = {column["name"]: column for column in found["columns"]}
    return {name: _rounded(value) for name, value in found.items()}


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(inner) for inner in value]
    return round(value, DIGITS) if isinstance(value, float) else value


def check_files(out: Path | None, plot: Path | None, *, overwrite: bool) -> None:
    """Refuse, before anything is measured, files that cannot be written.  Raises UsageError, OutputError."""
    for flag, path in (("-o", out), ("--plot", plot)):
        if path is not None:
            check_result_file(flag, path, "evaluation", overwrite=overwrite)
    if plot is not None:
        check_plotting()


def write_files(evaluation: Evaluation, out: Path | None, plot: Path | None, *, overwrite: bool) -> None:
    """Write what was asked for, all of it or nothing.  Raises OutputError."""
    staging = Staging(overwrite=overwrite)
    try:
        if out is not None:
            text = json.dumps(document(evaluation), indent=1)
            if out.suffix.lower() == ".md":
                text = "\n".join(report(evaluation, markdown=True))
            staging.add_file(out).write_text(f"{text}\n", encoding="utf-8")
        if plot is not None:
            plot_quality(evaluation, staging.add_file(plot))
        staging.commit()
    except OSError as error:
        names = " and ".join(str(path) for path in (out, plot) if path)
        reason = error.strerror or error
        raise OutputError(f"{names}: cannot be written: {reason}", "See that the disk has room.") from error
    finally:
        staging.discard()
