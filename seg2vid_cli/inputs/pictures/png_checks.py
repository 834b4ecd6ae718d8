"""Whether a PNG is whole: its checksums and the number of its pixels, which Pillow passes over as it decodes.

Pillow takes pixels that are missing for black, and a palette that is missing for shades of grey.
"""

import struct
import zlib
from collections.abc import Iterator
from io import SEEK_END
from typing import BinaryIO

_SIGNATURE_BYTES = 8
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Kind of colour -> values of a pixel."""
_PALETTE = 3
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""Of an interlaced picture: first column and row, and the steps to the next ones."""
_PIECE = 1 << 20
"""Bytes that are unpacked at a time."""


def check_png(file: BinaryIO) -> None:
    """Read a PNG that Pillow has decoded.  Raises ValueError if it is not whole."""
    chunks = _chunks(file)
    name, head = next(chunks)
    if name != b"IHDR":
        raise ValueError("it does not begin with its size")
    pixels = _Pixels(_bytes_of(*struct.unpack(">IIBB", head[:10]), interlaced=head[12] != 0))
    has_palette, before = False, b""
    for name, content in chunks:
        if name == b"IHDR":
            raise ValueError("it has two sizes")
        has_palette |= name == b"PLTE" and not pixels.begun
        if name == b"IDAT" and (before == name or not pixels.begun):  # Pillow reads those that follow each other
            pixels.add(content)
        before = name
    if head[9] == _PALETTE and not has_palette:
        raise ValueError("its palette is missing")
    if pixels.missing > 0:
        raise ValueError("some of its pixels are missing")


def _chunks(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Yield name and content of every part.  Raises ValueError where one is damaged."""
    name, left = b"", file.seek(0, SEEK_END) - file.seek(_SIGNATURE_BYTES)
    while name != b"IEND":
        length, name = struct.unpack(">I4s", file.read(8).ljust(8, b"\0"))
        left -= 12 + length
        if left < 0:
            raise ValueError("it breaks off")
        content, checksum = file.read(length), file.read(4)
        if checksum != struct.pack(">I", zlib.crc32(name + content)):
            raise ValueError(f"the checksum of its part {name!r} is another")
        yield name, content


class _Pixels:
    """How many bytes of pixels are still missing; no more than a piece is unpacked at a time, and none beyond them."""

    def __init__(self, wanted: int) -> None:
        self.missing = wanted
        self.begun = False
        self._unpacking = zlib.decompressobj()

    def add(self, packed: bytes) -> None:
        """Unpack more of them.  Raises ValueError."""
        self.begun = True
        while packed and self.missing > 0:
            try:
                self.missing -= len(self._unpacking.decompress(packed, _PIECE))
            except zlib.error as error:
                raise ValueError(str(error)) from None
            packed = self._unpacking.unconsumed_tail


def _bytes_of(width: int, height: int, bits: int, kind: int, *, interlaced: bool) -> int:
    """Return how many bytes the pixels of a picture take unpacked."""
    passes = _PASSES if interlaced else ((0, 0, 1, 1),)
    sizes = [(-(-(width - x) // dx), -(-(height - y) // dy)) for x, y, dx, dy in passes]
    return sum(rows * (1 + -(-columns * _CHANNELS[kind] * bits // 8)) for columns, rows in sizes if columns > 0 < rows)
