"""Reading picture files for training."""

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from seg2vid_interface.errors import ImageError

PICTURE_FORMATS = ("PNG", "JPEG")
"""What a picture's file may be, whatever its name says; Pillow would run a program for some others."""
UNREADABLE = (OSError, SyntaxError, ValueError, EOFError, LookupError, struct.error, Image.DecompressionBombError)
"""What Pillow's decoders raise on damaged files."""


def read_picture(path: Path, height: int, width: int) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    """Return a picture (3, height, width) in RGB, resized with LANCZOS, and the height and width that its file has.

    Raises:
        ImageError: it cannot be read.
    """
    try:
        with Image.open(path, formats=PICTURE_FORMATS) as image:
            size = image.height, image.width
            picture = image.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
    except UNREADABLE as error:
        raise ImageError(f"{path}: not a readable picture: {error}") from None
    return np.array(picture).transpose(2, 0, 1), size
