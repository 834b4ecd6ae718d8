"""`-`: a picture that is read from standard input, where the command line names a file."""

import sys
from pathlib import Path
from typing import Final

from seg2vid_cli.inputs.pictures.limits import MAX_PIXELS, max_megapixels
from seg2vid_cli.inputs.pictures.reading import PictureBytes
from seg2vid_interface.errors import LabelMapError, UsageError

STDIN: Final = Path("-")
"""Stands for standard input among the paths of label maps."""
NAME: Final = "stdin"
"""What messages call it, and the stem of its results."""
_MOST_BYTES = 8 * MAX_PIXELS + 2**20
"""Of the largest picture, not compressed: four channels of 16 bits."""
_PIECE = 2**20


def label_path(text: str) -> Path:
    """Return the path that LABEL names; "./-" is a file of that name, which `Path` would take for "-"."""
    path = Path(text)
    return path.absolute() if path == STDIN and text != str(STDIN) else path


def check_stdin() -> None:
    """Raise UsageError if nobody but a person at the keyboard could write to standard input."""
    if sys.stdin is not None and sys.stdin.isatty():
        raise UsageError(
            "LABEL -: standard input is a terminal, not a picture", "Pipe one in: cat map.png | seg2vid generate -"
        )


def read_stdin() -> PictureBytes:
    """Return what standard input holds, to its end.

    Raises:
        LabelMapError: it is closed, empty, cannot be read, or is larger than any picture that is taken.
    """
    if sys.stdin is None:
        raise LabelMapError(f"{NAME}: closed, so there is no picture in it")
    data = bytearray()
    try:
        while piece := sys.stdin.buffer.read(_PIECE):
            data += piece
            if len(data) > _MOST_BYTES:
                raise LabelMapError(
                    f"{NAME}: too large, more than {max_megapixels()} megapixels", "Is it a picture at all?"
                )
    except OSError as error:
        raise LabelMapError(f"{NAME}: cannot be read: {error.strerror}") from None
    return PictureBytes(NAME, bytes(data))
