"""The files of a benchmark: checked before anything is measured, written all at once."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar

from seg2vid_cli.benchmark.comparison import Comparison
from seg2vid_cli.benchmark.document import SCHEMA, Document
from seg2vid_cli.benchmark.plot import plot_speeds
from seg2vid_cli.benchmark.rows import model_sha256
from seg2vid_cli.benchmark.settings import BenchmarkSettings
from seg2vid_cli.benchmark.tables import report
from seg2vid_cli.files.result_files import check_plotting, check_result_file
from seg2vid_interface.documents import parse_json, read_document
from seg2vid_interface.errors import Seg2VidError, UsageError
from seg2vid_interface.model_card import ModelFolder
from seg2vid_interface.staging.staging import Staging

NEW_BASELINE = "Make a new one: seg2vid benchmark -o FILE.json"


class BaselineError(Seg2VidError):
    """A file cannot serve as baseline."""

    code: ClassVar[str] = "baseline"


def document_data(document: Document, comparison: Comparison | None) -> dict[str, Any]:
    """Return what JSON holds; `comparison` only if there is one."""
    return asdict(document) | ({} if comparison is None else {"comparison": asdict(comparison)})


def check_files(settings: BenchmarkSettings) -> None:
    """Refuse, before anything is measured, files that cannot be written.

    Raises:
        UsageError: an ending that is none of those known, or a file that is also read.
        OutputError: its folder is missing or not writable, it exists and is not to be replaced, or there is nothing to
            plot with.
    """
    for flag, path in (("-o", settings.out), ("--plot", settings.plot)):
        if path is None:
            continue
        if settings.compare and os.path.realpath(path) == os.path.realpath(settings.compare):
            raise UsageError(f"{flag} {path}: is the file of --compare too", f"Choose another {flag}.")
        check_result_file(flag, path, "benchmark", overwrite=settings.overwrite)
    if settings.plot is not None:
        check_plotting()


def write_files(settings: BenchmarkSettings, document: Document, comparison: Comparison | None) -> None:
    """Write what was asked for, all of it or nothing.  Raises OSError, OutputError."""
    staging = Staging(overwrite=settings.overwrite)
    try:
        if settings.out is not None:
            text = json.dumps(document_data(document, comparison), indent=1)
            if settings.out.suffix.lower() == ".md":
                text = "\n".join(report(document, comparison, markdown=True))
            staging.add_file(settings.out).write_text(f"{text}\n", encoding="utf-8")
        if settings.plot is not None:
            plot_speeds(document.results, staging.add_file(settings.plot))
        staging.commit()
    finally:
        staging.discard()


def read_baseline(path: Path, models: Sequence[ModelFolder]) -> Document:
    """Read what `-o FILE.json` or `--json` wrote.

    Raises:
        BaselineError: it cannot be read, is not a benchmark of this schema, or is one of other models.
    """
    try:
        document = _parse(read_document(path))
    except OSError as error:
        raise BaselineError(f"--compare {path}: cannot be read: {error.strerror}", NEW_BASELINE) from None
    except ValueError as error:  # no UTF-8, no JSON, no benchmark
        raise BaselineError(f"--compare {path}: {error}", NEW_BASELINE) from None
    files = {result.model: result.model_sha256 for result in document.results}
    for model in models:
        name = model.card.name
        if files.get(name, model_sha256(model.card)) != model_sha256(model.card):
            raise BaselineError(f"--compare {path}: its model {name} has other files than {model.path}", NEW_BASELINE)
    if files.keys().isdisjoint(model.card.name for model in models):
        known = ", ".join(files) or "none"
        raise BaselineError(f"--compare {path}: is of other models: {known}", "Name them with --model.")
    return document


def _parse(text: str) -> Document:
    """Raise ValueError for what is no whole benchmark of this schema."""
    from pydantic import TypeAdapter, ValidationError

    from seg2vid_interface.validation import problems_of

    try:
        document = parse_json(text)
    except ValueError as error:
        raise ValueError(f"not JSON: {error}") from None
    if isinstance(document, dict) and document.get("command") == "benchmark":  # printed by --json
        document = document.get("data")
    if not isinstance(document, dict) or "schema" not in document:
        raise ValueError("not a benchmark, it has no schema")
    if document["schema"] != SCHEMA:
        raise ValueError(f"of schema {document['schema']!r}, this seg2vid reads {SCHEMA}")
    try:
        return TypeAdapter(Document).validate_python(document)
    except ValidationError as error:
        raise ValueError(f"not a whole benchmark: {problems_of(error)[0]}") from None
