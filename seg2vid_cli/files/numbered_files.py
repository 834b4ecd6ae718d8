"""Folders of numbered files, one per frame: 000000.png, 000001.png, ..."""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo


class NumberedFilesWriter:
    """Makes a folder and saves one thing after another in it."""

    def __init__(self, folder: Path, ending: str, save: Callable[[Path, Any], None]) -> None:
        folder.mkdir()
        self._folder = folder
        self._ending = ending
        self._save = save
        self._count = 0

    def write(self, frame: Any) -> None:
        """Save one array, or whatever the folder holds, under the next number.  Raises OSError."""
        self._save(self._folder / numbered_name(self._count, self._ending), frame)
        self._count += 1

    def close(self) -> None:
        """Do nothing: every file is finished as it is written."""

    def abort(self) -> None:
        """Do nothing: no file is open."""


def png_folder_writer(folder: Path, comment: str) -> NumberedFilesWriter:
    """Return a writer of pictures: uint8 (H, W, 3) RGB, or (H, W) grey, uint8 or uint16.  Raises OSError."""
    return NumberedFilesWriter(folder, ".png", partial(write_png, comment=comment))


def array_folder_writer(folder: Path) -> NumberedFilesWriter:
    """Return a writer of arrays of any shape and dtype, as NumPy's .npy files.  Raises OSError."""
    return NumberedFilesWriter(folder, ".npy", _write_array)


def write_png(path: Path, picture: NDArray[np.uint8 | np.uint16], comment: str) -> None:
    """Write a picture, (H, W, 3) RGB or (H, W) grey, with a comment in its metadata.  Raises OSError."""
    information = PngInfo()
    information.add_text("Comment", comment)
    Image.fromarray(picture).save(path, "PNG", pnginfo=information)


def _write_array(path: Path, array: NDArray[Any]) -> None:
    np.save(path, array, allow_pickle=False)


def numbered_name(number: int, ending: str) -> str:
    """Return the name of the file of frame `number`."""
    return f"{number:06d}{ending}"


def numbered_files(folder: Path, ending: str) -> list[Path]:
    """Return the files of `folder` that a writer may have numbered, in order; none if there is no such folder."""
    if not folder.is_dir():
        return []
    pattern = re.compile(r"\d{6,}" + re.escape(ending))
    return sorted(path for path in folder.iterdir() if pattern.fullmatch(path.name))
