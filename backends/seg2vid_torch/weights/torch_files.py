"""Reading what `torch.save` wrote, of whatever age and origin, without running code that may lie in it."""

import pickle
import warnings
from pathlib import Path
from typing import BinaryIO

import torch

from seg2vid_interface.errors import ModelError

# What a damaged file makes `torch.load` stumble over.
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
)


def read_torch_file(path: Path, kind: str, file: BinaryIO | None = None) -> object:
    """Return what the file holds, its tensors on the CPU.

    Args:
        path: of the file.
        kind: what it ought to be, for the messages.
        file: where to read it from, if it is only a part of what lies at the path.

    Raises:
        ModelError: no such file, or not a readable one.
    """
    try:
        with warnings.catch_warnings(action="ignore"):  # PyTorch guesses about files that are none of its own
            return torch.load(file or path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise ModelError(f"{path}: no {kind} there") from None
    except UNREADABLE as error:
        raise ModelError(f"{path}: not a readable {kind}: {first_line(error)}") from None


def first_line(error: Exception) -> str:
    """Return the first sentence of an error's message, of which PyTorch's have many."""
    return next(iter(str(error).splitlines()), type(error).__name__).partition(". ")[0]
