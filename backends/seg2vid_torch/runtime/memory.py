"""Running out of memory, told plainly."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from seg2vid_interface.errors import OutOfMemoryError

# How PyTorch's CPU allocator says it on Linux and macOS, and on Windows.
CPU_MESSAGES = ("allocate memory", "not enough memory")


@contextmanager
def telling_out_of_memory(device: str, hint: str) -> Iterator[None]:
    """Turn PyTorch's ways of running out of memory into an OutOfMemoryError with this hint."""
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise OutOfMemoryError(f"out of memory on {device}", hint) from error
    except RuntimeError as error:
        if any(message in str(error) for message in CPU_MESSAGES):
            raise OutOfMemoryError(f"out of memory on {device}", hint) from error
        raise
