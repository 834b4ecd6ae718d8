"""Values as the file stores them: what Pillow scales, narrows or passes over is read in full, or refused."""

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from seg2vid_cli.inputs.label_maps.pixels import read_pixels
from seg2vid_interface.errors import LabelMapError

VALUES = np.arange(16 * 24, dtype=np.uint16).reshape(16, 24)


def png(path: Path, rows: bytes, width: int, bits: int, color_type: int, *, bad: str = "") -> Path:
    """Write a PNG of 16 rows, each with its filter byte (PNG specification, sections 5 and 9); `bad` spoils a sum."""

    def block(kind: bytes, data: bytes, off: int = 0) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data) ^ off)

    header = struct.pack(">IIBBBBB", width, 16, bits, color_type, 0, 0, 0)
    packed = zlib.compress(rows)
    if bad == "zlib":
        packed = packed[:-1] + bytes([packed[-1] ^ 1])
    blocks = block(b"IHDR", header) + block(b"IDAT", packed, int(bad == "IDAT")) + block(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + blocks)
    return path


def rows_of(array: NDArray[Any]) -> bytes:
    return b"".join(b"\0" + row.tobytes() for row in array)


def read(path: Path) -> NDArray[np.uint16]:
    """Return the values (H, W) or (H, W, C)."""
    pixels = read_pixels(path)
    found = pixels.distinct[pixels.which]
    return found[..., 0] if pixels.channels == 1 else found


def refusal(path: Path) -> str:
    with pytest.raises(LabelMapError) as caught:
        read_pixels(path)
    return caught.value.message.removeprefix(f"{path}: ")


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_grey_of_few_bits_is_not_brightened(tmp_path: Path, bits: int) -> None:
    levels = (VALUES % (1 << bits)).astype(np.uint8)
    each = 8 // bits
    packed = sum(levels[:, place::each].astype(np.uint8) << (8 - bits * (place + 1)) for place in range(each))
    path = png(tmp_path / "map.png", rows_of(np.asarray(packed, np.uint8)), 24, bits, 0)

    np.testing.assert_array_equal(read(path), levels)


def test_16_bit_colours_stay_16_bit(tmp_path: Path) -> None:
    colours = np.dstack([VALUES, VALUES[::-1] * 100, np.zeros_like(VALUES)])
    path = png(tmp_path / "map.png", rows_of(colours.astype(">u2")), 24, 16, 2)

    np.testing.assert_array_equal(read(path), colours)
    assert read_pixels(path).bits == 16


def test_16_bit_colours_that_were_widened_are_8_bit_ones(tmp_path: Path) -> None:
    colours = np.dstack([VALUES % 256, VALUES // 2, VALUES * 0])
    path = png(tmp_path / "map.png", rows_of((colours * 257).astype(">u2")), 24, 16, 2)

    np.testing.assert_array_equal(read(path), colours)
    assert read_pixels(path).bits == 8


def test_16_bit_grey_with_alpha(tmp_path: Path) -> None:
    opaque = np.dstack([VALUES * 100, np.full_like(VALUES, 65535)])
    path = png(tmp_path / "map.png", rows_of(opaque.astype(">u2")), 24, 16, 4)
    np.testing.assert_array_equal(read(path), VALUES * 100)

    opaque[0, 0, 1] = 65534
    png(path, rows_of(opaque.astype(">u2")), 24, 16, 4)
    assert refusal(path) == "has transparent pixels"


def test_16_bit_colours_with_alpha(tmp_path: Path) -> None:
    opaque = np.dstack([VALUES, VALUES, VALUES * 3, np.full_like(VALUES, 65535)])
    path = png(tmp_path / "map.png", rows_of(opaque.astype(">u2")), 24, 16, 6)

    np.testing.assert_array_equal(read(path), opaque[..., :3])


@pytest.mark.parametrize("bad", ["IDAT", "zlib"])
def test_a_wrong_checksum_is_damage(tmp_path: Path, bad: str) -> None:
    path = png(tmp_path / "map.png", rows_of(VALUES.astype(np.uint8)), 24, 8, 0, bad=bad)

    assert refusal(path).startswith("damaged or truncated: ")


@pytest.mark.parametrize(("kind", "rows"), [("P5", 3), ("P2", 3)])
@pytest.mark.parametrize("largest", [19, 33, 254])
def test_a_pgm_of_another_range_is_refused(tmp_path: Path, kind: str, rows: int, largest: int) -> None:
    levels = VALUES % (largest + 1)
    data = levels.astype(np.uint8).tobytes() if kind == "P5" else " ".join(map(str, levels.ravel())).encode()
    path = tmp_path / "map.pgm"
    path.write_bytes(f"{kind} 24 16 {largest}\n".encode() + data)

    assert refusal(path) == f"a PNM picture whose largest value is {largest}, by which its ids are scaled"


@pytest.mark.parametrize(("kind", "largest"), [("P5", 255), ("P2", 255), ("P5", 65535), ("P2", 65535)])
def test_a_whole_pgm(tmp_path: Path, kind: str, largest: int) -> None:
    levels = np.minimum(VALUES, largest)
    binary = levels.astype(">u2" if largest > 255 else np.uint8).tobytes()
    path = tmp_path / "map.pgm"
    data = binary if kind == "P5" else " ".join(map(str, levels.ravel())).encode()
    path.write_bytes(f"{kind} 24 16 {largest}\n".encode() + data)

    np.testing.assert_array_equal(read(path), levels)


def test_a_ppm_of_16_bits_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "map.ppm"
    path.write_bytes(b"P6 24 16 65535\n" + np.dstack([VALUES] * 3).astype(">u2").tobytes())

    assert refusal(path) == "a PNM picture whose largest value is 65535, by which its ids are scaled"


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32])
@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_deflate"])
def test_a_tiff(tmp_path: Path, dtype: type, compression: str | None) -> None:
    levels = (VALUES % 200).astype(dtype)
    Image.fromarray(levels).save(tmp_path / "map.tif", compression=compression)

    np.testing.assert_array_equal(read(tmp_path / "map.tif"), levels)


def test_tiffs_that_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "map.tif"
    page = Image.fromarray(VALUES.astype(np.uint8))
    page.save(path, save_all=True, append_images=[page])
    assert refusal(path) == "a TIFF of 2 pages, not one picture"
    Image.fromarray(VALUES.astype(np.float32)).save(path)
    assert refusal(path) == "a picture with floating-point pixels, not a label map"
    Image.fromarray(VALUES.astype(np.int32) - 5).save(path)
    assert refusal(path) == "holds -5 to 378; ids are 0 to 65535"
    page.save(path, tiffinfo={262: 0})  # white is zero
    assert refusal(path) == "a picture that stores black as its largest value, so that its ids are not plain"


def test_a_bitmap_of_black_and_white(tmp_path: Path) -> None:
    Image.fromarray(VALUES % 2 > 0).save(tmp_path / "map.pbm")

    assert refusal(tmp_path / "map.pbm").startswith("a picture that stores black as its largest value")


def test_a_transparent_level(tmp_path: Path) -> None:
    image = Image.fromarray((VALUES % 20).astype(np.uint8))
    image.save(tmp_path / "used.png", transparency=9)
    image.save(tmp_path / "unused.png", transparency=99)

    assert refusal(tmp_path / "used.png") == "has transparent pixels"
    np.testing.assert_array_equal(read(tmp_path / "unused.png"), VALUES % 20)


def test_more_pixels_than_a_label_map_has(tmp_path: Path) -> None:
    colours = np.arange(300 * 300 * 3, dtype=np.uint32).reshape(300, 300, 3)
    colours = np.dstack([np.arange(90_000).reshape(300, 300) >> shift & 255 for shift in (0, 8, 16)])
    Image.fromarray(colours.astype(np.uint8)).save(tmp_path / "map.png")

    assert refusal(tmp_path / "map.png") == "looks like a photograph (over 65535 colours), not a label map"


def test_every_pixel_is_told_from_every_other(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    table = random.integers(0, 256, (500, 4), np.uint8)
    pixels = table[random.integers(0, 500, (40, 50))]
    Image.fromarray(pixels).save(tmp_path / "map.png")

    np.testing.assert_array_equal(read(tmp_path / "map.png"), pixels)
