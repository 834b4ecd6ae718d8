"""An earlier run's JSON file, read and checked before anything is measured."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from seg2vid_cli.benchmark.document import SCHEMA, Document, Round
from seg2vid_cli.benchmark.rows import model_sha256
from seg2vid_interface.errors import Seg2VidError
from seg2vid_interface.model_card import ModelFolder

FEWEST_ROUNDS = 2
NEW_BASELINE = "Make a new one: seg2vid benchmark -o FILE.json"


class BaselineError(Seg2VidError):
    """A file cannot serve as baseline."""

    code: ClassVar[str] = "baseline"


def read_baseline(path: Path, models: Sequence[ModelFolder]) -> Document:
    """Read what `-o FILE.json` or `--json` wrote.

    Raises:
        BaselineError: it cannot be read, is not a benchmark of this schema, or is one of other models.
    """
    document = _parse(path, _read(path))
    files = {result.model: result.model_sha256 for result in document.results}
    for model in models:
        name = model.card.name
        if files.get(name, model_sha256(model.card)) != model_sha256(model.card):
            raise BaselineError(f"--compare {path}: its model {name} has other files than {model.path}", NEW_BASELINE)
    if files.keys().isdisjoint(model.card.name for model in models):
        known = ", ".join(files) or "none"
        raise BaselineError(f"--compare {path}: is of other models: {known}", "Name them with --model.")
    return document


def _read(path: Path) -> Any:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BaselineError(f"--compare {path}: cannot be read: {error.strerror}", NEW_BASELINE) from None
    except ValueError as error:  # no UTF-8, or no JSON
        raise BaselineError(f"--compare {path}: not JSON: {error}", NEW_BASELINE) from None
    printed_by_json = isinstance(document, dict) and document.get("command") == "benchmark" and "data" in document
    return document["data"] if printed_by_json else document


def _parse(path: Path, document: Any) -> Document:
    from pydantic import TypeAdapter, ValidationError

    from seg2vid_interface.validation import problems_of

    if not isinstance(document, dict) or "schema" not in document:
        raise BaselineError(f"--compare {path}: not a benchmark, it has no schema", NEW_BASELINE)
    if document["schema"] != SCHEMA:
        raise BaselineError(
            f"--compare {path}: of schema {document['schema']!r}, this seg2vid reads {SCHEMA}", NEW_BASELINE
        )
    try:
        baseline = TypeAdapter(Document).validate_python(document)
    except ValidationError as error:
        problem, *_ = problems_of(error)
        raise BaselineError(f"--compare {path}: not a whole benchmark: {problem}", NEW_BASELINE) from None
    for result in baseline.results:
        if len(result.rounds) < FEWEST_ROUNDS or not all(map(_is_positive, result.rounds)):
            raise BaselineError(
                f"--compare {path}: {result.name} has fewer than {FEWEST_ROUNDS} rounds, or speeds of zero",
                NEW_BASELINE,
            )
    return baseline


def _is_positive(measured: Round) -> bool:
    return measured.frames_per_s > 0 and (measured.peak_gflops is None or measured.peak_gflops > 0)
