"""The tables of label formats that the program ships, and the drawings that prove readings of them."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from drawn_formats import FORMATS, TRAIN_IDS, Drawing, drawings, read_format
from drawn_layouts import LAYOUTS, color_of
from flow_reading import read_png_of_16_bits

TABLES = {name: read_format(path) for name, path in FORMATS.items()}

LACKING = {
    "a2d2": {"wall", "terrain", "rider", "bus", "train"},
    "ade20k": {"traffic sign", "rider", "train"},
    "apolloscape": {"terrain", "train"},
    "bdd100k": set(),
    "bdd100k-panoptic": set(),
    "camvid-12": {"wall", "traffic light", "terrain", "truck", "bus", "train", "motorcycle", "bicycle"},
    "camvid-32": {"bus", "bicycle"},
    "carla": set(),
    "carla-0.9.13": {"rider", "truck", "bus", "train", "motorcycle", "bicycle"},
    "coco-stuff": {"pole", "rider"},
    "gta5": set(),
    "idd": set(),
    "idd-ids": set(),
    "kitti": set(),
    "mapillary-1.2": set(),
    "mapillary-2.0": set(),
    "synthia": set(),
    "virtual-kitti-2": {
        *("sidewalk", "wall", "fence", "person", "rider"),
        *("bus", "train", "motorcycle", "bicycle"),
    },
}
"""Which of Cityscapes' classes a format cannot tell; all others are reached."""


EACH = pytest.mark.parametrize("name", FORMATS)


def test_the_shipped_formats() -> None:
    assert list(FORMATS) == sorted(LACKING)


@EACH
def test_a_file_says_what_it_is(name: str) -> None:
    table = TABLES[name]
    assert set(table) == {"name", "title", "other", "source", "layouts", "classes"}
    assert table["name"] == name
    assert all(isinstance(table[key], str) and table[key].strip() for key in ("title", "source"))
    assert table["other"] in [label_class["name"] for label_class in table["classes"]]
    assert set(table["layouts"]) <= set(LAYOUTS)
    assert len(set(table["layouts"])) == len(table["layouts"]) > 0


@EACH
def test_its_classes_are_well_formed(name: str) -> None:
    for label_class in TABLES[name]["classes"]:
        assert {"name", "maps_to"} < set(label_class) <= {"name", "ids", "color", "maps_to"}
        assert label_class["maps_to"] in TRAIN_IDS
        assert all(type(value) is int and 0 <= value <= 255 for value in label_class.get("ids", [0]))
        assert label_class.get("ids") != []
        assert re.fullmatch("#[0-9a-f]{6}", label_class.get("color", "#000000"))


@EACH
def test_nothing_has_two_meanings(name: str) -> None:
    classes = TABLES[name]["classes"]
    assert repeated([label_class["name"] for label_class in classes]) == []
    assert repeated([value for label_class in classes for value in label_class.get("ids", [])]) == []
    assert repeated([color_of(label_class) for label_class in classes if "color" in label_class]) == []


@EACH
def test_it_has_what_its_layouts_hold(name: str) -> None:
    table = TABLES[name]
    holds = {"color" if layout == "colors" else "ids" for layout in table["layouts"]}
    assert {key for label_class in table["classes"] for key in ("ids", "color") if key in label_class} == holds


@EACH
def test_it_reaches_the_classes_that_it_has(name: str) -> None:
    reached = {label_class["maps_to"] for label_class in TABLES[name]["classes"]}
    assert set(TRAIN_IDS) - reached == LACKING[name]


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("carla", {"road": 1, "sky": 11, "car": 14, "bicycle": 19}),
        ("carla-0.9.13", {"road": 6, "sky": 13, "car": 10, "terrain": 22}),
        ("mapillary-1.2", {"road": 7, "sky": 27, "car": 55, "person": 19}),
        ("mapillary-2.0", {"road": 13, "sky": 61, "car": 108, "person": 30}),
        ("bdd100k", {"road": 0, "sky": 10, "car": 13, "other": 255}),
        ("bdd100k-panoptic", {"road": 7, "sky": 30, "car": 35, "other": 0}),
        ("kitti", {"road": 7, "sky": 23, "car": 26, "bicycle": 33}),
        ("synthia", {"road": 3, "sky": 1, "car": 8, "wall": 21}),
        ("gta5", {"road": 7, "sky": 23, "car": 26, "bicycle": 33}),
        ("idd", {"road": 0, "sky": 25, "car": 9, "terrain": 3}),
        ("idd-ids", {"road": 0, "sky": 33, "car": 12, "terrain": 5}),
        ("apolloscape", {"road": 49, "sky": 17, "car": 33, "person": 36}),
        ("camvid-32", {"road": 10, "sky": 21, "car": 5, "person": 7}),
        ("camvid-12", {"road": 3, "sky": 0, "car": 8, "other": 11}),
        ("ade20k", {"road": 7, "sky": 3, "car": 21, "other": 0}),
        ("coco-stuff", {"road": 148, "sky": 105, "car": 2, "person": 0}),
    ],
)
def test_numbers_that_other_lists_count_otherwise(name: str, numbers: dict[str, int]) -> None:
    """The lowest id of a class: off by one, or of another version, these would differ."""
    lowest: dict[str, int] = {}
    for label_class in TABLES[name]["classes"]:
        for value in label_class.get("ids", []):
            lowest[label_class["maps_to"]] = min(value, lowest.get(label_class["maps_to"], value))
    assert {kind: lowest[kind] for kind in numbers} == numbers


@pytest.mark.parametrize("every_class", [False, True])
@EACH
def test_drawings_hold_what_they_say(name: str, every_class: bool, tmp_path: Path) -> None:
    table = TABLES[name]
    drawn = list(drawings(table, tmp_path, every_class=every_class))
    assert [(drawing.layout, drawing.variant) for drawing in drawn] == [
        (layout, variant) for layout in table["layouts"] for variant in LAYOUTS[layout]
    ]
    for drawing in drawn:
        np.testing.assert_array_equal(decoded(drawing, table["classes"]), drawing.train_ids)


@EACH
def test_a_street_is_likely(name: str, tmp_path: Path) -> None:
    for drawing in drawings(TABLES[name], tmp_path):
        rows = [np.flatnonzero((drawing.train_ids == TRAIN_IDS[kind]).any(axis=1)) for kind in ("sky", "road")]
        assert rows[0].max() < rows[1].min()
        assert {TRAIN_IDS[kind] for kind in ("building", "vegetation", "car")} <= set(np.unique(drawing.train_ids))


def repeated(values: list[Any]) -> list[Any]:
    return [value for value, count in Counter(values).items() if count > 1]


def decoded(drawing: Drawing, classes: list[dict[str, Any]]) -> NDArray[np.uint8]:
    """Return the train ids of a picture, by what its layout says, with no code that drew it."""
    by_colors = drawing.layout == "colors"
    meanings = {
        value: TRAIN_IDS[label_class["maps_to"]]
        for label_class in classes
        for value in ([color_of(label_class)] * ("color" in label_class) if by_colors else label_class.get("ids", []))
    }
    if by_colors:
        values = [tuple(pixel) for pixel in pixels(drawing.path, "RGB").reshape(-1, 3).tolist()]
    else:
        values = ids(drawing).ravel().tolist()
    return np.array([meanings[value] for value in values], np.uint8).reshape(drawing.train_ids.shape)


def ids(drawing: Drawing) -> NDArray[Any]:
    match drawing.layout:
        case "ids":
            values = pixels(drawing.path)
            return values if values.ndim == 2 else values[..., 1]
        case "ids-256":
            return pixels(drawing.path) // 256
        case "ids-1000":
            values = pixels(drawing.path)
            return np.where(values > 255, values // 1000, values)
        case "first-channel-16":
            return read_png_of_16_bits(drawing.path)[..., 0]
    return pixels(drawing.path)[..., drawing.variant.index("r")]


def pixels(path: Path, mode: str | None = None) -> NDArray[Any]:
    with Image.open(path) as image:
        return np.asarray(image.convert(mode) if mode else image)
