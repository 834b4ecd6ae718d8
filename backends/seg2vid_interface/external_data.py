"""ONNX files that keep numbers in other files, of which the card knows no hash, and which may lie anywhere."""

import mmap
import re
from pathlib import Path

from seg2vid_interface.errors import ModelError

_LOCATION = re.compile(rb"[\x08\x00]location")
"""The key under which ONNX says where numbers lie, after its length: 8, in as many bytes as it may be spelled with."""


def refuse_external_data(graph: Path) -> None:
    """Raise ModelError if an ONNX file keeps numbers outside of itself.  Raises OSError."""
    if graph.stat().st_size == 0:  # which cannot be mapped
        return
    with graph.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        keeps = _LOCATION.search(content) is not None
    if keeps:
        raise ModelError(
            f"{graph}: keeps data in another file, which is not read: no hash of the card is of it",
            "Its publisher has to put all of it into the .onnx file.",
        )
