"""Writes places of a format's classes as PNG files, in every layout that label formats name."""

import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image


@dataclass(frozen=True)
class Scene:
    """A picture to be written: which of the format's classes is where."""

    classes: list[dict[str, Any]]
    """The tables of the format's file."""
    places: NDArray[np.intp]
    """(H, W), places in `classes`."""
    instances: NDArray[np.intp]
    """(H, W), 1, 2, ... for the objects of a class that moves, 0 elsewhere."""

    @property
    def ids(self) -> NDArray[np.intp]:
        """(H, W), the first id of each class."""
        return np.array([table.get("ids", [0])[0] for table in self.classes])[self.places]

    @property
    def palette(self) -> NDArray[np.uint8]:
        """(classes, 3); black where a class has no colour."""
        return np.array([color_of(table) for table in self.classes], np.uint8)


Writer = Callable[[Scene, Path], None]


def color_of(table: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the RGB of a class's table."""
    return tuple(bytes.fromhex(table.get("color", "#000000").removeprefix("#")))


def _grey(scene: Scene, path: Path) -> None:
    Image.fromarray(scene.ids.astype(np.uint8)).save(path)


def _grey_of_16_bits(scene: Scene, path: Path) -> None:
    Image.fromarray(scene.ids.astype(np.uint16)).save(path)


def _equal_channels(scene: Scene, path: Path) -> None:
    Image.fromarray(scene.ids.astype(np.uint8)).convert("RGB").save(path)


def _palette_of_ids(scene: Scene, path: Path) -> None:
    """Indices are ids, in the format's colours; grey where it has none."""
    colors = np.arange(256, dtype=np.uint8)[:, None].repeat(3, axis=1)
    for table in scene.classes:
        if "color" in table:
            colors[table.get("ids", [])] = color_of(table)
    _save_palette(scene.ids, colors, path)


def _palette_of_colors(scene: Scene, path: Path) -> None:
    """Indices that say nothing, in the format's colours."""
    colors = np.zeros((256, 3), np.uint8)
    colors[255 - np.arange(len(scene.classes))] = scene.palette
    _save_palette(255 - scene.places, colors, path)


def _save_palette(indices: NDArray[np.intp], colors: NDArray[np.uint8], path: Path) -> None:
    image = Image.fromarray(indices.astype(np.uint8))
    image.putpalette(colors.tobytes())
    image.save(path)


def _colors(mode: str) -> Writer:
    """Colours as they are; RGBA is opaque."""
    return lambda scene, path: Image.fromarray(scene.palette[scene.places]).convert(mode).save(path)


def _red(order: str, *, instances: bool = False) -> Writer:
    """Ids in the red channel; `order` is that of the channels in the file, e.g. "BGRA"."""

    def write(scene: Scene, path: Path) -> None:
        number = (scene.instances * 20 + scene.places + 1) * instances  # in CARLA every object has one
        channels = {"R": scene.ids, "G": number * 37 % 256, "B": number * 91 % 256, "A": np.full_like(number, 255)}
        Image.fromarray(np.dstack([channels[letter] for letter in order]).astype(np.uint8)).save(path)

    return write


def _red_bitmask(scene: Scene, path: Path) -> None:
    """Red is the id, green holds flags, blue * 256 + alpha is the instance."""
    number, flags = scene.places * 7 + scene.instances, np.where(scene.instances > 1, 0b0100, 0)
    channels = [scene.ids, flags, number // 256, number % 256]
    Image.fromarray(np.dstack(channels).astype(np.uint8)).save(path)


def _id_times_256(scene: Scene, path: Path) -> None:
    Image.fromarray((scene.ids * 256 + scene.instances).astype(np.uint16)).save(path)


def _id_times_1000(scene: Scene, path: Path) -> None:
    """The id alone where nothing is numbered, or what is numbered does not fit."""
    numbered = scene.ids * 1000 + scene.instances
    pixels = np.where((scene.instances > 0) & (numbered <= 65535), numbered, scene.ids)
    Image.fromarray(pixels.astype(np.uint16)).save(path)


def _first_channel_of_16_bits(scene: Scene, path: Path) -> None:
    """RGB: the class, the instance, nothing (Pillow writes no 16 bits; PNG specification, sections 5 and 9)."""
    height, width = scene.places.shape
    pixels = np.dstack([scene.ids, scene.instances, np.zeros_like(scene.instances)]).astype(">u2")
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)  # 0: a row that is not filtered

    def block(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    blocks = block(b"IHDR", header) + block(b"IDAT", zlib.compress(rows)) + block(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + blocks)


LAYOUTS: Mapping[str, Mapping[str, Writer]] = {
    "ids": {
        "grey": _grey,
        "grey16": _grey_of_16_bits,
        "equal-channels": _equal_channels,
        "palette": _palette_of_ids,
    },
    "colors": {"rgb": _colors("RGB"), "rgba": _colors("RGBA"), "palette": _palette_of_colors},
    "red": {order.lower(): _red(order) for order in ("RGB", "RGBA", "BGR", "BGRA")},
    "red-instances": {order.lower(): _red(order, instances=True) for order in ("RGB", "RGBA", "BGR", "BGRA")},
    "red-bitmask": {"rgba": _red_bitmask},
    "ids-256": {"grey16": _id_times_256},
    "ids-1000": {"grey16": _id_times_1000},
    "first-channel-16": {"rgb16": _first_channel_of_16_bits},
}
"""The layouts that formats may name, and the kinds of pictures that hold each."""
