"""stdin, stdout and stderr as the program finds them: closed, or of an encoding that lacks letters."""

import codecs
import os
import sys
from io import TextIOWrapper

_ERRORS = "seg2vid-escape"
"""What becomes of letters that an encoding lacks, as `codecs` calls it."""


def prepare_streams() -> None:
    """Let nothing that is written fail for its letters, or because the stream was closed before the program began.

    What is closed leads nowhere; otherwise the next file to be opened would take its place, and with it what libraries
    write there.
    """
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(number, True)
    os.close(number)
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115  # no path; stays
    codecs.register_error(_ERRORS, _escaped)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=_ERRORS)


def _escaped(error: UnicodeError) -> tuple[bytes, int]:
    r"""Return the bytes of a file name that could not be read as text, as they were, and other letters as \u1234."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    letters = error.object[error.start : error.end]
    return b"".join(_as_bytes(letter) for letter in letters), error.end


def _as_bytes(letter: str) -> bytes:
    if 0xDC80 <= ord(letter) <= 0xDCFF:  # where Python puts a byte that is no UTF-8 (PEP 383)
        return letter.encode("ascii", "surrogateescape")
    return letter.encode("ascii", "backslashreplace")
