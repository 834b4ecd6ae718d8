"""Reads the benchmarks' flow files by their specifications, with no library that could have written them."""

import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def read_flow(path: Path) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return flow (H, W, 2), x and y, and where it is known (H, W), of Middlebury's .flo or KITTI's .png."""
    if path.suffix == ".flo":
        data = path.read_bytes()
        assert data[:4] == b"PIEH"
        width, height = struct.unpack("<ii", data[4:12])
        flow = np.frombuffer(data, "<f4", offset=12).reshape(height, width, 2).astype(np.float64)
        return flow, (np.abs(flow) < 1e9).all(-1)
    pixels = read_png_of_16_bits(path).astype(np.float64)
    return (pixels[..., :2] - 2**15) / 64, pixels[..., 2] == 1


def read_png_of_16_bits(path: Path) -> NDArray[np.uint16]:
    """Return the red, green and blue (H, W, 3) of a PNG of 16 bits a channel (PNG specification, sections 5 and 9)."""
    data, place, packed = path.read_bytes(), 8, b""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    while place < len(data):
        size, kind = struct.unpack(">I4s", data[place : place + 8])
        body = data[place + 8 : place + 8 + size]
        if kind == b"IHDR":
            width, height, *rest = struct.unpack(">IIBBBBB", body)
            assert rest == [16, 2, 0, 0, 0]  # bits, RGB, and neither filters nor interlacing of another kind
        packed += body if kind == b"IDAT" else b""
        place += size + 12
    rows = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(height, -1)
    pixels = _unfiltered(rows[:, 0].tolist(), rows[:, 1:].reshape(height, width, 6).astype(int))
    return np.ascontiguousarray(pixels.astype(np.uint8)).view(">u2").astype(np.uint16)


def _unfiltered(filters: list[int], rows: NDArray[np.int_]) -> NDArray[np.int_]:
    """Undo each row's filter, byte by byte, on (H, W, 6)."""
    above = np.zeros_like(rows[0])
    for row, kind in zip(rows, filters, strict=True):
        left, above_left = np.zeros(6, int), np.zeros(6, int)
        for x, up in enumerate(above):
            row[x] = left = (row[x] + _predicted(kind, left, up, above_left)) % 256
            above_left = up
        above = row
    return rows


def _predicted(
    kind: int, left: NDArray[np.int_], up: NDArray[np.int_], above_left: NDArray[np.int_]
) -> NDArray[np.int_]:
    estimate = left + up - above_left
    near = [np.abs(estimate - neighbour) for neighbour in (left, up, above_left)]
    paeth = np.where((near[0] <= near[1]) & (near[0] <= near[2]), left, np.where(near[1] <= near[2], up, above_left))
    return [np.zeros_like(left), left, up, (left + up) // 2, paeth][kind]
