"""How many clips are made at once."""

from typing import Final

from seg2vid_interface.backend import Session
from seg2vid_interface.devices import cuda_index, gpu_memory

PIXELS: Final = 2**20
"""Of the frames of all clips that a GPU paints at once: more was not measured to be faster."""
BYTES_PER_PIXEL: Final = 12_000
"""That a clip takes of a GPU's memory."""
SHARE: Final = 0.5
"""Of a GPU's memory that clips may take; some of it is others', and runtimes take it in large pieces."""


def batch_size(asked: int | None, session: Session) -> int:
    """Return how many clips a session is to make at once.

    Nothing that comes and goes has a say in it, as a GPU does not give a batch's clips the last bits that each has
    alone: on one machine the same clips come out again.

    Args:
        asked: the number that was asked for; None = as many as fit and as still speed it up.
        session: makes them.
    """
    if asked is not None:
        return asked
    device = session.device
    index = cuda_index(device) if device.startswith("cuda") else None
    if index is None:
        return 1  # keeps all cores of a CPU busy
    pixels = session.height * session.width
    memory = gpu_memory(index)
    fitting = PIXELS if memory is None else int(SHARE * memory / BYTES_PER_PIXEL)
    return max(1, min(PIXELS, fitting) // pixels)
