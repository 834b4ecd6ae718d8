"""What Pillow passes over in a PNG, with every checksum right."""

import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from seg2vid_cli.inputs.pictures.png_checks import check_png
from seg2vid_cli.inputs.pictures.reading import PictureBytes, open_picture
from seg2vid_interface.errors import ImageError

ROWS = zlib.compress(bytes(16 * 17))  # 16 rows of 16 pixels, each row with its filter
EMPTY = zlib.compress(b"")
INTERLACED = zlib.compress(bytes(16 * 16 + 2 + 2 + 2 + 4 + 4 + 8 + 8))


def part(name: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def head(kind: int = 0, interlaced: int = 0) -> bytes:
    return part(b"IHDR", struct.pack(">IIBBBBB", 16, 16, 8, kind, 0, 0, interlaced))


PALETTE, END = part(b"PLTE", bytes(9)), part(b"IEND")


def png(*parts: bytes) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        ((part(b"tEXt", b"a\0b"), head(), part(b"IDAT", ROWS), END), "it does not begin with its size"),
        ((head(), head(), part(b"IDAT", ROWS), END), "it has two sizes"),
        ((head(), part(b"IDAT", zlib.compress(bytes(15 * 17))), END), "some of its pixels are missing"),
        ((head(interlaced=1), part(b"IDAT", ROWS), END), "some of its pixels are missing"),
        ((head(), part(b"IDAT", EMPTY), part(b"tEXt", b"a\0b"), part(b"IDAT", ROWS), END), "some of its pixels"),
        ((head(kind=3), part(b"IDAT", ROWS), END), "its palette is missing"),
        ((head(kind=3), part(b"IDAT", ROWS), PALETTE, END), "its palette is missing"),
        ((head(), part(b"IDAT", ROWS)), "it breaks off"),
        ((head(), part(b"IDAT", ROWS), struct.pack(">I", 2**32 - 1) + b"IEND"), "it breaks off"),
        ((head(), part(b"IDAT", ROWS)[:-1] + b"x", END), "the checksum of its part b'IDAT' is another"),
    ],
)
def test_a_png_that_is_not_whole(parts, problem):
    with pytest.raises(ImageError, match=r"^stdin: damaged or truncated: "):
        open_picture(PictureBytes("stdin", png(*parts)), ImageError)
    with pytest.raises(ValueError, match=problem):
        check_png(BytesIO(png(*parts)))


@pytest.mark.parametrize(
    "parts",
    [
        (head(), part(b"IDAT", ROWS), END),
        (head(), part(b"IDAT", ROWS[:5]), part(b"IDAT", ROWS[5:]), part(b"tEXt", b"a\0b"), END),
        (head(kind=3), PALETTE, part(b"IDAT", ROWS), END),
        (head(interlaced=1), part(b"IDAT", INTERLACED), END),
        (head(), part(b"IDAT", zlib.compress(bytes(17 * 17))), END, b"more"),
    ],
)
def test_a_whole_png(parts):
    assert open_picture(PictureBytes("stdin", png(*parts)), ImageError).size == (16, 16)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
@pytest.mark.parametrize("size", [(1, 1), (3, 9), (17, 16)])
def test_what_pillow_writes_is_whole(mode, size):
    file = BytesIO()
    Image.fromarray(np.zeros(size[::-1], np.uint16)).convert(mode).save(file, "PNG")
    check_png(file)
