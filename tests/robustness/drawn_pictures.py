"""Small pictures of every kind that label maps and photographs come in, and PNGs damaged beneath their checksums."""

import io
import random
import struct
import zlib

import numpy as np
from PIL import Image

from robustness.strict_pictures import chunks_of, join_chunks
from seg2vid_interface.label_spaces import CITYSCAPES


def label_map() -> np.ndarray:
    """Return (16, 24) train ids."""
    ids = np.full((16, 24), 10, np.uint8)
    ids[3:8, 15:] = 2
    ids[8:] = 0
    ids[6:10, 5:10] = 13
    ids[15] = 255
    return ids


def colours() -> np.ndarray:
    """Return the same in colours, (16, 24, 3)."""
    table = np.zeros((256, 3), np.uint8)
    table[: len(CITYSCAPES.classes)] = [each.color for each in CITYSCAPES.classes]
    return table[label_map()]


def photograph() -> np.ndarray:
    """Return a smooth picture, (24, 48, 3)."""
    y, x = np.mgrid[:24, :48]
    return np.stack([x * 5, y * 10, 100 + 50 * np.sin(x / 4)], -1).astype(np.uint8)


def encoded(image: np.ndarray | Image.Image, kind: str, **options: object) -> bytes:
    """Return a picture's file."""
    file = io.BytesIO()
    (Image.fromarray(image) if isinstance(image, np.ndarray) else image).save(file, kind, **options)
    return file.getvalue()


def label_pngs() -> list[bytes]:
    """Return label maps of all kinds that PNG has."""
    ids, rgb = label_map(), colours()
    palette = Image.fromarray(ids).convert("P")
    palette.putpalette([value for each in CITYSCAPES.classes for value in each.color])
    alpha = np.full((16, 24, 1), 255, np.uint8)
    wide = np.where(ids == 13, 26001, ids).astype(np.uint16)
    narrow = Image.fromarray(np.minimum(ids, 15))
    grey4 = _grey4(np.minimum(ids, 15))
    return [
        *(encoded(each, "PNG") for each in (ids, rgb, palette, wide, np.concatenate([rgb, alpha], 2))),
        *(encoded(Image.fromarray(ids).convert("LA"), "PNG"), grey4, encoded(narrow, "PNG", compress_level=0)),
    ]


def _grey4(ids: np.ndarray) -> bytes:
    """Return a PNG of 4 bits a pixel, which Pillow does not write."""
    height, width = ids.shape
    rows = np.concatenate([np.zeros((height, 1), np.uint8), ids[:, ::2] << 4 | ids[:, 1::2]], 1)
    head = struct.pack(">IIBBBBB", width, height, 4, 0, 0, 0, 0)
    return join_chunks([(b"IHDR", head), (b"IDAT", zlib.compress(rows.tobytes())), (b"IEND", b"")])


def label_pnms() -> list[bytes]:
    """Return label maps as PGM and PPM."""
    ids = label_map()
    plain = "P2\n# drawn\n24 16\n255\n" + "\n".join(" ".join(map(str, row)) for row in ids) + "\n"
    wide = np.where(ids == 13, 26001, ids).astype(np.uint16)
    deep = b"P5 24 16 65535\n" + wide.astype(">u2").tobytes()
    return [encoded(ids, "PPM"), encoded(colours(), "PPM"), plain.encode(), deep]


def photographs() -> list[bytes]:
    """Return a photograph as JPEG, PNG, WebP, BMP, GIF, TIFF and PPM, the JPEG also turned."""
    turned = Image.Exif()
    turned[0x0112] = 6  # orientation
    image = photograph()
    grey = Image.fromarray(image).convert("L")
    return [
        *(encoded(image, kind) for kind in ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "PPM")),
        *(encoded(image, "JPEG", exif=turned, progressive=True), encoded(image, "TIFF", compression="tiff_lzw")),
        *(encoded(grey, "JPEG"), encoded(grey, "PNG", exif=turned)),
    ]


def damage_under_checksum(png: bytes, _: bytes, rng: random.Random) -> bytes:
    """Change a PNG's chunk and give it a right checksum; or drop, repeat or move one."""
    chunks = list(chunks_of(png))
    place = rng.randrange(len(chunks))
    name, content = chunks[place]
    way = rng.choice(("change", "change", "change", "drop", "repeat", "move"))
    if way == "change" and content:
        changed = bytearray(content)
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
        chunks[place] = (name, bytes(changed))
    elif way == "drop":
        del chunks[place]
    elif way == "repeat":
        chunks.insert(rng.randrange(len(chunks)), chunks[place])
    else:
        chunks.insert(rng.randrange(len(chunks)), chunks.pop(place))
    return join_chunks(chunks)
