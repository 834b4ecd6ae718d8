"""Readers of PNG and PNM that know one way to read a file or none: what the program's own are held against."""

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""A PNG's kind of colour -> values of a pixel."""
DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}


@dataclass(frozen=True)
class Stored:
    """A picture as its file holds it."""

    values: np.ndarray
    """(H, W, C), as they are stored; of a palette picture the indices."""
    bits: int
    palette: np.ndarray | None = None
    """(K, 3)."""


def chunks_of(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield name and content of every chunk up to the end.  Raises ValueError where one is damaged."""
    if not png.startswith(SIGNATURE):
        raise ValueError("no PNG")
    place, name = len(SIGNATURE), b""
    while name != b"IEND":
        length, name = struct.unpack(">I4s", png[place : place + 8].ljust(8, b"\0"))
        content, checksum = png[place + 8 : place + 8 + length], png[place + 8 + length : place + 12 + length]
        if checksum != struct.pack(">I", zlib.crc32(name + content)):
            raise ValueError(f"the checksum of {name!r} is another")
        yield name, content
        place += 12 + length


def join_chunks(chunks: list[tuple[bytes, bytes]]) -> bytes:
    """Return the PNG of chunks, with right checksums."""
    parts = [
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    ]
    return SIGNATURE + b"".join(parts)


def read_png(png: bytes) -> Stored | None:
    """Return what a PNG holds; None if it is interlaced.  Raises ValueError for what is no whole PNG."""
    chunks = list(chunks_of(png))
    if chunks[0][0] != b"IHDR" or len(chunks[0][1]) != 13:
        raise ValueError("does not begin with its size")
    width, height, bits, kind, compression, filtering, interlaced = struct.unpack(">IIBBBBB", chunks[0][1])
    if bits not in DEPTHS.get(kind, ()) or compression or filtering or interlaced > 1 or not width * height:
        raise ValueError("a kind that there is not")
    if interlaced:
        return None
    names = [name for name, _ in chunks]
    before = names.index(b"IDAT") if b"IDAT" in names else len(names)
    palettes = [content for name, content in chunks[:before] if name == b"PLTE"]
    if kind == 3 and not palettes:
        raise ValueError("has no palette")
    size = -(-width * CHANNELS[kind] * bits // 8)
    packed = b"".join(content for name, content in chunks if name == b"IDAT")
    try:
        unpacked = zlib.decompressobj().decompress(packed, height * (1 + size))
    except zlib.error as error:
        raise ValueError(str(error)) from error
    if len(unpacked) < height * (1 + size):
        raise ValueError("too few pixels")
    rows = _unfiltered(np.frombuffer(unpacked, np.uint8).reshape(height, 1 + size), max(1, CHANNELS[kind] * bits // 8))
    palette = np.frombuffer(palettes[0][: len(palettes[0]) // 3 * 3], np.uint8).reshape(-1, 3) if kind == 3 else None
    return Stored(_values(rows, width, CHANNELS[kind], bits), bits, palette)


def _unfiltered(rows: np.ndarray, step: int) -> np.ndarray:
    """Undo a PNG's filters; `step` is the distance in bytes between pixels.  Raises ValueError."""
    above = np.zeros(rows.shape[1] - 1 + step, int)
    result = []
    for filtered in rows:
        row = np.concatenate([np.zeros(step, int), filtered[1:].astype(int)])
        if filtered[0] > 4:
            raise ValueError("a filter that there is not")
        for x in range(step, len(row)) if filtered[0] in (1, 3, 4) else ():
            left, up, corner = row[x - step], above[x], above[x - step]
            row[x] = (row[x] + (left, None, (left + up) // 2, _nearest(left, up, corner))[filtered[0] - 1]) & 255
        if filtered[0] == 2:
            row = row + above & 255
        result.append(row[step:].astype(np.uint8))
        above = row
    return np.array(result)


def _nearest(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda value: abs(guess - value))


def _values(rows: np.ndarray, width: int, channels: int, bits: int) -> np.ndarray:
    if bits == 16:
        values = rows.reshape(len(rows), -1, 2).astype(int) @ (256, 1)
    elif bits == 8:
        values = rows.astype(int)
    else:
        each = np.unpackbits(rows, axis=1).reshape(len(rows), -1, bits)
        values = each.astype(int) @ (1 << np.arange(bits)[::-1])
    return values[:, : width * channels].reshape(len(rows), width, channels)


def read_pnm(pnm: bytes) -> Stored:
    """Return what a P2, P3, P5 or P6 holds.  Raises ValueError for what is none, or not whole."""
    header = re.match(rb"P([2356])" + rb"(?:\s+|#[^\r\n]*[\r\n])+(\d+)" * 3 + rb"\s", pnm)
    if not header:
        raise ValueError("no PNM")
    kind, width, height, largest = (int(number) for number in header.groups())
    if not 0 < largest < 65536:
        raise ValueError("no largest value")
    count = width * height * (3 if kind in (3, 6) else 1)
    body = pnm[header.end() :]
    if kind in (2, 3):
        words = re.sub(rb"#[^\r\n]*", b"", body).split()[:count]
        if not all(re.fullmatch(rb"\d+", word) for word in words):
            raise ValueError("no number")
        values = np.array([int(word) for word in words])
    else:
        depth = 1 if largest < 256 else 2
        values = np.frombuffer(body[: len(body) // depth * depth], f">u{depth}")[:count].astype(int)
    if len(values) < count or (values > largest).any():
        raise ValueError("too few values, or one that is too large")
    return Stored(values.reshape(height, width, -1), 8 if largest < 256 else 16)
