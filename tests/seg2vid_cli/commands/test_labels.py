"""What label maps are read as, and their conversion."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from drawn_formats import FORMATS, drawings, read_format
from seg2vid_interface.label_spaces import CITYSCAPES

COLORS = np.array([label_class.color for label_class in CITYSCAPES.classes], np.uint8)


@pytest.fixture
def maps(tmp_path: Path) -> Path:
    """Return a folder with a CARLA map, an IDD map in a folder of its own, and a mask."""
    folder = tmp_path / "maps"
    (folder / "india").mkdir(parents=True)
    for name, place in (("carla", folder), ("idd", folder / "india")):
        for drawing in drawings(read_format(FORMATS[name]), tmp_path):
            if (drawing.layout, drawing.variant) == ("ids", "grey"):
                drawing.path.rename(place / f"{name}.png")
    Image.fromarray(np.eye(16, dtype=np.uint8) * 255).save(folder / "mask.png")
    return folder


def train_ids(tmp_path: Path, name: str) -> NDArray[np.uint8]:
    return next(iter(drawings(read_format(FORMATS[name]), tmp_path))).train_ids


def test_a_line_a_map(seg2vid, maps):
    result = seg2vid("labels", maps / "carla.png")

    assert result.exit_code == 0
    (line,) = result.stdout.splitlines()
    assert line.startswith(
        f"{maps}/carla.png: CARLA 0.9.14 and later (ids), most likely: judged by where its classes lie"
    )
    assert "; 64x96: sky " in line
    named = seg2vid("labels", maps / "carla.png", "--label-format", "carla")
    assert named.stdout.startswith(f"{maps}/carla.png: CARLA 0.9.14 and later (ids), sure; 64x96: sky ")


def test_a_folder_is_converted(seg2vid, maps, tmp_path):
    result = seg2vid("labels", maps, "-o", "out", "--json", "--sheet", "sheet.png")

    assert result.exit_code == 1
    document = json.loads(result.stdout)
    assert document["error"]["code"] == "inputs"
    assert document["error"]["message"] == "1 of 3 maps cannot be read or written"
    assert [failure["input"] for failure in document["data"]["failures"]] == [f"{maps}/mask.png"]
    first, second = document["data"]["maps"]
    assert (first["output"], second["output"]) == ("out/carla.png", "out/india/idd.png")
    assert (first["label_format"], first["sure"], first["height"], first["width"]) == ("carla:ids", False, 64, 96)
    assert sum(first["shares"].values()) == pytest.approx(1, abs=0.001)
    for name, file in (("carla", "out/carla.png"), ("idd", "out/india/idd.png")):
        np.testing.assert_array_equal(np.asarray(Image.open(file)), train_ids(tmp_path, name))
    with Image.open("sheet.png") as sheet:
        assert sheet.size == (4 * (384 + 4) + 4, 192 + 16 + 4 + 4)


def test_what_was_converted_is_read_as_such(seg2vid, maps):
    assert seg2vid("labels", maps / "carla.png", "-o", "out", "--write", "colors").exit_code == 0
    assert seg2vid("labels", "out/carla.png").stdout.startswith("out/carla.png: Cityscapes colours, sure; ")
    picture = np.asarray(Image.open("out/carla.png"))
    assert {tuple(color) for color in picture.reshape(-1, 3).tolist()} <= {tuple(color) for color in COLORS.tolist()}


def test_nothing_is_replaced_unasked(seg2vid, maps):
    assert seg2vid("labels", maps / "carla.png", "-o", "out").exit_code == 0
    again = seg2vid("labels", maps / "carla.png", "-o", "out")
    assert again.exit_code == 1
    assert again.stderr.startswith("error: out/carla.png: exists already\n")
    assert seg2vid("labels", maps / "carla.png", "-o", "out", "--overwrite").exit_code == 0
    onto_itself = seg2vid("labels", maps / "carla.png", "-o", maps, "--overwrite")
    assert onto_itself.exit_code == 2
    assert "is read, and a result would replace it" in onto_itself.stderr


def test_equal_names_are_wrong_usage(seg2vid, maps, tmp_path):
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "carla.png").write_bytes((maps / "carla.png").read_bytes())

    result = seg2vid("labels", maps / "carla.png", tmp_path / "more" / "carla.png", "-o", "out")
    assert result.exit_code == 2
    assert "out/carla.png: two results would be written there" in result.stderr


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--label-format", "no"), "--label-format: 'no' is not known"),
        (("--sheet", "sheet.jpg"), "--sheet sheet.jpg: a sheet is a .png picture"),
        (("--write", "names"), "Invalid value for '--write'"),
    ],
)
def test_wrong_usage(seg2vid, maps, flags, message):
    result = seg2vid("labels", maps / "carla.png", *flags)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"error: {message}")


def test_one_map_that_cannot_be_read(seg2vid, maps):
    result = seg2vid("labels", maps / "mask.png")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"error: {maps}/mask.png: a mask of one class")


def test_the_formats_are_listed(seg2vid):
    lines = seg2vid("label-formats").stdout.splitlines()
    assert lines[0] == "train-ids: class indices of the model, 255 = other; ids"
    assert "kitti: KITTI semantics (2015), 34 classes; ids, ids-256, colors" in lines
    assert lines[-1] == "camvid: camvid-12 or camvid-32, whichever fits"

    rows = json.loads(seg2vid("label-formats", "--json").stdout)["data"]["formats"]
    assert [row["name"] for row in rows] == ["train-ids", "label-ids", "colors", *FORMATS]
    assert all(row["source"] for row in rows[3:])
    assert rows[3] == {
        "name": "a2d2",
        "title": "Audi A2D2",
        "layouts": ["colors"],
        "classes": 55,
        "source": read_format(FORMATS["a2d2"])["source"],
    }
