"""The files of a benchmark: checked before anything is measured, written all at once."""

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from seg2vid_cli.benchmark.comparison import Comparison
from seg2vid_cli.benchmark.document import Document
from seg2vid_cli.benchmark.plot import check_plotting, plot_speeds
from seg2vid_cli.benchmark.settings import BenchmarkSettings
from seg2vid_cli.benchmark.tables import document_markdown
from seg2vid_cli.files.staging import Staging, existing_results_error
from seg2vid_interface.errors import OutputError, UsageError

TABLES = (".json", ".md")
PICTURES = (".png", ".svg")


def document_data(document: Document, comparison: Comparison | None) -> dict[str, Any]:
    """Return what JSON holds; `comparison` only if there is one."""
    return asdict(document) | ({} if comparison is None else {"comparison": asdict(comparison)})


def check_files(settings: BenchmarkSettings) -> None:
    """Refuse, before anything is measured, files that cannot be written.

    Raises:
        UsageError: an ending that is none of those known, or a file that is also read or written.
        OutputError: its folder is missing or not writable, or it exists and is not to be replaced.
        BackendError: there is nothing to plot with.
    """
    flags = {"-o": (settings.out, TABLES), "--plot": (settings.plot, PICTURES)}
    taken = {settings.compare.resolve(): "--compare"} if settings.compare else {}
    for flag, (path, endings) in flags.items():
        if path is None:
            continue
        if path.suffix.lower() not in endings:
            raise UsageError(
                f"{flag} {path}: the ending is not {' or '.join(endings)}", f"For example {flag} benchmark{endings[0]}."
            )
        if path.resolve() in taken:
            raise UsageError(f"{flag} {path}: is the file of {taken[path.resolve()]} too", f"Choose another {flag}.")
        taken[path.resolve()] = flag
        _check_writable(path, flag, overwrite=settings.overwrite)
    if settings.plot is not None:
        check_plotting()


def write_files(settings: BenchmarkSettings, document: Document, comparison: Comparison | None) -> None:
    """Write what was asked for, all of it or nothing.  Raises OutputError."""
    staging = Staging(overwrite=settings.overwrite)
    try:
        if settings.out is not None:
            staging.add_file(settings.out).write_text(_text(settings.out, document, comparison), encoding="utf-8")
        if settings.plot is not None:
            plot_speeds(document.results, staging.add_file(settings.plot))
        staging.commit()
    except OSError as error:
        raise OutputError(
            f"{error.filename}: cannot be written: {error.strerror}", "See that the disk has room."
        ) from error
    finally:
        staging.discard()


def _text(path: Path, document: Document, comparison: Comparison | None) -> str:
    if path.suffix.lower() == ".md":
        return document_markdown(document, comparison)
    return json.dumps(document_data(document, comparison), indent=1) + "\n"


def _check_writable(path: Path, flag: str, *, overwrite: bool) -> None:
    if not path.parent.is_dir():
        raise OutputError(f"{flag} {path}: no such folder to write to", f"Make it first: mkdir -p {path.parent}")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise OutputError(f"{flag} {path}: the folder is not writable", f"Choose another {flag}.")
    if path.is_dir():
        raise OutputError(f"{flag} {path}: is a folder", f"Choose another {flag}.")
    if os.path.lexists(path) and not overwrite:
        raise existing_results_error([path], flag)
