"""Draws one street in every layout of a label format, from nothing but the numbers of the format's TOML file.

    for drawing in drawings(read_format(FORMATS["carla"]), tmp_path):
        ...read drawing.path, and compare with drawing.train_ids

Where a format lacks a class, another stands in for it, and is what is expected.
"""

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import seg2vid_cli
from drawn_layouts import LAYOUTS, Scene
from seg2vid_interface.label_spaces import CITYSCAPES

_FOLDER = Path(seg2vid_cli.__file__).parent / "inputs" / "label_maps" / "formats"
FORMATS = {path.stem: path for path in sorted(_FOLDER.glob("*.toml"), key=lambda path: path.stem)}
"""The files of the formats that the program ships, by name."""

HEIGHT, WIDTH = 64, 96
TRAIN_IDS = {label_class.name: index for index, label_class in enumerate(CITYSCAPES.classes)} | {"other": 255}
"""What `maps_to` may name."""

_STREET = (
    ("sky", slice(0, 26), slice(0, 96)),
    ("building", slice(10, 38), slice(0, 40)),
    ("vegetation", slice(14, 38), slice(62, 96)),
    ("wall", slice(26, 38), slice(40, 50)),
    ("fence", slice(26, 38), slice(50, 62)),
    ("terrain", slice(38, 41), slice(50, 96)),
    ("sidewalk", slice(38, 46), slice(0, 50)),
    ("road", slice(41, 64), slice(24, 96)),
    ("road", slice(46, 64), slice(0, 24)),
    ("pole", slice(16, 42), slice(58, 60)),
    ("traffic light", slice(16, 21), slice(57, 61)),
    ("traffic sign", slice(24, 28), slice(57, 61)),
    ("train", slice(34, 40), slice(42, 49)),
    ("bus", slice(33, 43), slice(63, 72)),
    ("truck", slice(34, 44), slice(74, 82)),
    ("car", slice(42, 49), slice(34, 46)),
    ("car", slice(44, 53), slice(70, 86)),
    ("motorcycle", slice(48, 52), slice(54, 58)),
    ("bicycle", slice(50, 55), slice(26, 31)),
    ("rider", slice(44, 51), slice(27, 30)),
    ("person", slice(36, 46), slice(8, 12)),
    ("person", slice(37, 46), slice(14, 17)),
    ("other", slice(59, 64), slice(0, 96)),
)
"""What is painted, in this order: a class, its rows and columns; the last is the bonnet of the car that drives."""

_STAND_INS = {
    "sidewalk": "road",
    "wall": "building",
    "fence": "building",
    "pole": "building",
    "traffic light": "pole",
    "traffic sign": "pole",
    "terrain": "vegetation",
    "person": "car",
    "rider": "person",
    "truck": "car",
    "bus": "truck",
    "train": "bus",
    "motorcycle": "bicycle",
    "bicycle": "rider",
}
"""What is drawn for a class that a format lacks."""

_MOVING = {label_class.name for label_class in CITYSCAPES.classes if label_class.foreground} - {"other"}


@dataclass(frozen=True)
class Drawing:
    """A label map on disk, and what it is to be read as."""

    path: Path
    layout: str
    """One of the format's layouts."""
    variant: str
    """How the picture holds it, e.g. "palette"."""
    train_ids: NDArray[np.uint8]
    """(H, W) of Cityscapes, 255 where a class has none."""


def read_format(path: Path) -> dict[str, Any]:
    """Return the tables of a format's file."""
    return tomllib.loads(path.read_text(encoding="utf-8"))


def drawings(label_format: Mapping[str, Any], folder: Path, *, every_class: bool = False) -> Iterator[Drawing]:
    """Write the street into `folder`, once for every layout of the format and every kind of picture that holds it.

    `every_class` adds rows below with all classes that the layout has; it is no likely street then.
    """
    classes = label_format["classes"]
    train_ids = np.array([TRAIN_IDS[table["maps_to"]] for table in classes], np.uint8)
    for layout in label_format["layouts"]:
        scene = _scene(classes, "color" if layout == "colors" else "ids", every_class)
        for variant, write in LAYOUTS[layout].items():
            path = folder / f"{label_format['name']}_{layout}_{variant}.png"
            write(scene, path)
            yield Drawing(path, layout, variant, train_ids[scene.places])


def _scene(classes: list[dict[str, Any]], needed: str, every_class: bool) -> Scene:
    """Paint the street with classes that have what is needed: their own name's, or the first that maps there."""
    known = [place for place, table in enumerate(classes) if needed in table]
    named = sorted(known, key=lambda place: not classes[place]["name"].lower().endswith(classes[place]["maps_to"]))
    place_of = {classes[place]["maps_to"]: place for place in reversed(named)}
    places, instances = np.zeros((2, HEIGHT, WIDTH), np.intp)
    count: Counter[str] = Counter()
    for name, *area in _STREET:
        kind = name
        while kind not in place_of:
            kind = _STAND_INS[kind]
        count[kind] += kind in _MOVING
        places[*area], instances[*area] = place_of[kind], count[kind]
    if every_class:
        swatches = np.resize(np.repeat(known, 2), (len(known) * 2 // WIDTH + 1, WIDTH)).repeat(2, axis=0)
        places, instances = np.vstack([places, swatches]), np.vstack([instances, np.zeros_like(swatches)])
    return Scene(classes, places, instances)
