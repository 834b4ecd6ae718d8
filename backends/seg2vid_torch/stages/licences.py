"""The licences of a model whose stages come under several: one SPDX expression, and every licence's text."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from seg2vid_interface.errors import ModelError

LICENCE_NAME = "LICENSE"
"""Of the file in the model folder; several are numbered, LICENSE-1, LICENSE-2, ..."""


def join_licences(expressions: Iterable[str]) -> str:
    """Return the SPDX expression that asks for all of these to be kept, each licence once: "A AND (B OR C)"."""
    terms = dict.fromkeys(term for expression in expressions for term in _terms(expression))
    if len(terms) == 1:
        return next(iter(terms))
    return " AND ".join(f"({term})" if _is_choice(term) else term for term in terms)


def name_licence_files(files: Sequence[Path]) -> dict[str, bytes]:
    """Return the names that the files get in a model folder, with their contents; equal contents are one file.

    Raises:
        ModelError: one cannot be read.
    """
    contents = list(dict.fromkeys(_read(file) for file in files))
    if len(contents) == 1:
        return {LICENCE_NAME: contents[0]}
    return {f"{LICENCE_NAME}-{number}": content for number, content in enumerate(contents, start=1)}


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ModelError(f"{file}: the licence cannot be read: {error.strerror}") from None


def _terms(expression: str) -> list[str]:
    """Return the licences that an expression joins by AND; where it has parentheses or a choice, the whole of it."""
    expression = expression.strip()
    return [expression] if "(" in expression or _is_choice(expression) else re.split(r"\s+AND\s+", expression)


def _is_choice(expression: str) -> bool:
    """Say whether the expression has an OR outside parentheses, which binds less than AND."""
    outside, found = expression, 1
    while found:
        outside, found = re.subn(r"\([^()]*\)", "", outside)
    return re.search(r"\sOR\s", outside) is not None
