"""Text files of label tools, given as `--label-format`."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seg2vid_cli.inputs.label_maps.class_lists import read_class_list
from seg2vid_cli.inputs.label_maps.formats import Spaces
from seg2vid_cli.inputs.label_maps.reading import read_label_map
from seg2vid_interface.errors import SettingsError
from seg2vid_interface.label_spaces import CITYSCAPES, LabelClass, LabelSpace

CVAT = (
    "# label:color_rgb:parts:actions\nbackground:0,0,0::\nTraffic_Light:250,170,30::\npuddle:250,50,83::\nsky:1,2,3::\n"
)
LABELME = "__ignore__\n_background_\nroad\nsky\npuddle\n"


def write(folder: Path, text: str) -> Path:
    path = folder / "labelmap.txt"
    path.write_text(text, encoding="utf-8")
    return path


def test_cvats_colours_and_positions(tmp_path: Path) -> None:
    path = write(tmp_path, CVAT)
    colors = np.array([(0, 0, 0), (250, 170, 30), (250, 50, 83), (1, 2, 3)], np.uint8)
    indices = np.arange(4, dtype=np.uint8).repeat(16).reshape(8, 8)
    Image.fromarray(colors[indices]).save(tmp_path / "colours.png")
    Image.fromarray(indices).save(tmp_path / "ids.png")
    expected = np.array([19, 6, 19, 10], np.uint8)[indices]

    for name in ("colours", "ids"):
        found = read_label_map(tmp_path / f"{name}.png", str(path), CITYSCAPES)
        np.testing.assert_array_equal(found.indices, expected)
        assert found.description == f"labelmap.txt ({name}); no class of the model's for puddle"


def test_labelmes_names_have_vocs_colours(tmp_path: Path) -> None:
    path = write(tmp_path, LABELME)
    Image.fromarray(np.array([255, 0, 1, 2], np.uint8).repeat(16).reshape(8, 8)).save(tmp_path / "ids.png")
    colors = np.array([(0, 0, 0), (128, 0, 0), (0, 128, 0), (128, 128, 0)], np.uint8)
    Image.fromarray(colors.repeat(16, axis=0).reshape(8, 8, 3)).save(tmp_path / "colours.png")

    found = read_label_map(tmp_path / "ids.png", str(path), CITYSCAPES)
    np.testing.assert_array_equal(found.indices[:, 0], [19, 19, 19, 19, 0, 0, 10, 10])
    found = read_label_map(tmp_path / "colours.png", str(path), CITYSCAPES)
    np.testing.assert_array_equal(found.indices[:, 0], [19, 19, 0, 0, 10, 10, 19, 19])
    assert found.without_class == ("puddle",)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "0 classes; a list of classes has 1 to 256"),
        ("road\nsky\nroad\n", "named more than once: road"),
        ("road:128,64::\n", "'road:128,64::' is not NAME:RED,GREEN,BLUE::"),
        ("road:128,64,300::\n", "'road:128,64,300::' is not NAME:RED,GREEN,BLUE::"),
    ],
)
def test_a_malformed_file_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    path = write(tmp_path, text)

    with pytest.raises(SettingsError) as caught:
        read_class_list(path, Spaces(CITYSCAPES))
    assert caught.value.message == f"{path}: {problem}"


def test_a_model_without_other_needs_every_class(tmp_path: Path) -> None:
    space = LabelSpace("harbour", (LabelClass("water", (0, 0, 9)), LabelClass("ship", (9, 0, 0))))
    path = write(tmp_path, "water\nquay\n")

    with pytest.raises(SettingsError, match="no class of the model's label space harbour for quay"):
        read_class_list(path, Spaces(space))


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"no\.txt: no such file"):
        read_class_list(tmp_path / "no.txt", Spaces(CITYSCAPES))
    (tmp_path / "bytes.txt").write_bytes(b"\xff\xfe\xfd")
    with pytest.raises(SettingsError, match="not a text file") as caught:
        read_class_list(tmp_path / "bytes.txt", Spaces(CITYSCAPES))
    assert caught.value.hint == "Each line names a class: NAME, or NAME:RED,GREEN,BLUE:: in CVAT's way."
