"""Reading what `torch.save` wrote, of whatever age and origin, without running code that may lie in it."""

import pickle
import re
import struct
import warnings
import zipfile
import zlib
from contextlib import nullcontext
from pathlib import Path
from typing import BinaryIO

import torch

from seg2vid_interface.errors import ModelError

# What a damaged file makes `torch.load` and zipfile stumble over.
UNREADABLE = (
    OSError,
    RuntimeError,
    EOFError,
    ValueError,
    LookupError,
    AttributeError,
    TypeError,
    AssertionError,
    pickle.UnpicklingError,
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
)
ARCHIVE = b"PK\x03\x04"
"""Begins what PyTorch writes since version 1.6."""
FOLDER = 0x10
"""Of an archive's member: the attribute by which MS-DOS marked folders."""
WEB_PAGE = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|head|body|\?xml|!--)", re.IGNORECASE)
PYTHON_OBJECT = re.compile(r"\bGLOBAL ([\w.]+)")
COPY_AGAIN = "Copy or fetch it again."
PLAIN_HINT = 'Where it was made, save the numbers alone: torch.save(network.state_dict(), "weights.pth").'


def read_torch_file(path: Path, kind: str, file: BinaryIO | None = None) -> object:
    """Return what the file holds, its tensors on the CPU.

    PyTorch does not look at the checksums of its archives, by which numbers that have changed are known; here they are.

    Args:
        path: of the file.
        kind: what it ought to be, for the messages.
        file: where to read it from, if it is only a part of what lies at the path.

    Raises:
        ModelError: no such file, or not a readable one.
    """
    try:
        with open_weights(path, kind) if file is None else nullcontext(file) as opened:
            _check_checksums(path, opened)
            with warnings.catch_warnings(action="ignore"):  # PyTorch guesses about files that are none of its own
                return torch.load(opened, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise ModelError(f"{path}: no {kind} there") from None
    except UNREADABLE as error:
        if name := _python_object(error):
            raise ModelError(f"{path}: holds Python objects ({name}), code that is not run here", PLAIN_HINT) from None
        raise ModelError(f"{path}: not a readable {kind}: {first_line(error)}", COPY_AGAIN) from None


def open_weights(path: Path, kind: str) -> BinaryIO:
    """Open a file of numbers.

    Raises:
        ModelError: a pipe or device, in which nothing can be looked up, or a web page.
        OSError: it cannot be opened.
    """
    if path.exists() and not path.is_file():
        what = "a folder" if path.is_dir() else "a pipe or device"
        raise ModelError(f"{path}: {what}, not a {kind}", "Name the file itself, or copy it into one.")
    file = path.open("rb")
    if WEB_PAGE.match(file.read(1024)):
        file.close()
        raise ModelError(
            f"{path}: a web page, not a {kind}", "What was fetched is a page about the file; fetch the file itself."
        )
    file.seek(0)
    return file


def _check_checksums(path: Path, file: BinaryIO) -> None:
    """Raise ModelError if a member of an archive is not what it was when it was written.

    Of members of one name, and of those that are marked as folders, PyTorch reads other bytes than zipfile, or none.
    """
    if file.read(len(ARCHIVE)) == ARCHIVE:
        file.seek(0)
        with zipfile.ZipFile(file) as archive:
            damaged = archive.testzip()
            members = archive.infolist()
        odd = len({member.filename for member in members}) < len(members)
        if odd or any(member.external_attr & FOLDER and not member.is_dir() for member in members):
            raise ModelError(f"{path}: damaged: its list of members is not PyTorch's", COPY_AGAIN)
        if damaged is not None:
            raise ModelError(f"{path}: damaged: the checksum of its {damaged} is another", COPY_AGAIN)
    file.seek(0)


def _python_object(error: Exception) -> str | None:
    """Return the name of what the file holds beside numbers and plain values, if that is what is wrong."""
    found = PYTHON_OBJECT.search(str(error)) if isinstance(error, pickle.UnpicklingError) else None
    return found[1] if found else None


def first_line(error: Exception) -> str:
    """Return the first sentence of an error's message, of which PyTorch's have many."""
    text = str(error).rpartition("WeightsUnpickler error: ")[2]  # before it stands advice to run what the file holds
    return next(iter(text.splitlines()), type(error).__name__).partition(". ")[0]
