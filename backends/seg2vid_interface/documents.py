"""JSON and TOML, which strangers may have written: read within limits, here alone.

Within them no document takes more memory or time than it is worth, and none makes what reads it run out of stack.
"""

import errno
import json
import math
import os
import stat
import tomllib
from pathlib import Path
from typing import Any, Final, NoReturn

MOST_BYTES: Final = 16_000_000
DEEPEST: Final = 64
"""Tables and lists within one another."""
LARGEST: Final = 2**63
"""An integer is less than this, and no less than its negative; TOML itself has no larger ones."""
_MOST_DIGITS: Final = 20


def read_document(path: Path) -> str:
    """Return the text of a file.

    Raises:
        OSError: it cannot be read.
        ValueError: it is longer than `MOST_BYTES`, or no UTF-8.
    """
    with open(path, "rb", opener=_open_at_once) as file:
        data = file.read(MOST_BYTES + 1)
        if not data and stat.S_ISFIFO(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EPIPE, "a pipe to which nobody writes", str(path))
    if len(data) > MOST_BYTES:
        raise ValueError(f"longer than {MOST_BYTES // 1_000_000} MB")
    return data.decode("utf-8")


def _open_at_once(path: str, flags: int) -> int:
    """Open a file, also a pipe to which nobody writes, for whom it would otherwise wait for ever."""
    descriptor = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
    if hasattr(os, "O_NONBLOCK"):
        os.set_blocking(descriptor, True)
    return descriptor


def parse_json(text: str) -> Any:
    """Return what a text holds.  Raises ValueError if it is no JSON, or goes beyond the limits."""
    try:
        document = json.loads(text, parse_int=_integer, parse_float=_number, parse_constant=_refuse)
    except RecursionError:
        _refuse_depth()
    _check(document)
    return document


def parse_toml(text: str) -> dict[str, Any]:
    """Return the tables of a text.  Raises ValueError if it is no TOML, or goes beyond the limits."""
    try:
        document = tomllib.loads(text)
    except RecursionError:
        _refuse_depth()
    except ValueError as error:
        if not isinstance(error, tomllib.TOMLDecodeError):  # what Python says of integers of thousands of digits
            raise ValueError(f"an integer of more than {_MOST_DIGITS} digits") from None
        raise
    _check(document)
    return document


def _check(document: object) -> None:
    """Raise ValueError where a document is nested too deeply, or an integer too large."""
    level: list[object] = [document]
    for _ in range(DEEPEST + 1):
        if any(isinstance(value, int) and not -LARGEST <= value < LARGEST for value in level):
            raise ValueError("an integer of more than 64 bits")
        inner = [value for value in level if isinstance(value, dict | list)]
        if not inner:
            return
        level = [value for table in inner for value in (table.values() if isinstance(table, dict) else table)]
    _refuse_depth()


def _refuse_depth() -> NoReturn:
    raise ValueError(f"nested more than {DEEPEST} levels deep") from None


def _integer(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise ValueError(f"an integer of more than {_MOST_DIGITS} digits")
    return int(digits)


def _number(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"{digits[:_MOST_DIGITS]} is too large a number")
    return number


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number of JSON")
