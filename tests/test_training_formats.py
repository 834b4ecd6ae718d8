"""Training from label maps in the formats that people have, through the program itself."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from seg2vid_interface.label_spaces import CITYSCAPES
from street_data import TINY_IMAGE, picture

SETTINGS = TINY_IMAGE | {"height": "64", "width": "64", "steps": "2", "rolled": "0", "driven": "0"}
SMALL = [flag for key, value in SETTINGS.items() for flag in ("--set", f"{key}={value}")]


def street(shift: int) -> np.ndarray:
    """Return train ids (128, 128) of a usual street."""
    labels = np.full((128, 128), 10, np.uint8)
    labels[24:80, :48] = 2
    labels[16:80, 80:] = 8
    labels[72:] = 0
    labels[72:88, :26] = 1
    labels[80:100, 50 + shift : 76 + shift] = 13
    labels[124:] = 255
    return labels


def in_label_ids(labels: np.ndarray) -> np.ndarray:
    ids = {index: own.label_ids[0] for index, own in enumerate(CITYSCAPES.classes) if own.label_ids} | {255: 0}
    return np.vectorize(ids.__getitem__)(labels).astype(np.uint8)


def in_colors(labels: np.ndarray) -> np.ndarray:
    table = np.zeros((256, 3), np.uint8)
    for index, own in enumerate(CITYSCAPES.classes):
        table[index] = own.color
    table[255] = 0
    return table[labels]


def write(root: Path, convert=lambda labels: labels) -> Path:
    for folder in ("images", "labels"):
        (root / "train" / "drive" / folder).mkdir(parents=True)
    for t in range(6):
        labels = street(t)
        Image.fromarray(picture(labels)).save(root / "train" / "drive" / "images" / f"{t}.png")
        Image.fromarray(convert(labels)).save(root / "train" / "drive" / "labels" / f"{t}.png")
    return root


def weights(run: Path) -> dict[str, torch.Tensor]:
    return torch.load(run / "checkpoint.pt", weights_only=True)["networks"]


@pytest.fixture(scope="module")
def train_ids(tmp_path_factory):
    return write(tmp_path_factory.mktemp("data") / "train_ids")


@pytest.mark.parametrize(
    ("convert", "read_as"), [(in_label_ids, "Cityscapes label ids"), (in_colors, "Cityscapes colours")]
)
def test_other_formats_train_the_same_weights(seg2vid, tmp_path, train_ids, convert, read_as):
    root = write(tmp_path / "other", convert)
    assert seg2vid("train", "image", "--data", train_ids, "--out", "a", *SMALL).exit_code == 0
    result = seg2vid("train", "image", "--data", root, "--out", "b", *SMALL, "--json", "--quiet")
    assert json.loads(result.stdout)["data"]["summary"]["labels"] == {str(root): read_as}
    torch.testing.assert_close(weights(Path("a")), weights(Path("b")), rtol=0, atol=0)
    again = seg2vid("train", "image", "--data", root, "--out", "b", *SMALL)
    assert (again.exit_code, again.stderr[:11]) == (0, "from step 2"), "a run of another format goes on, too"
    assert f"labels {root} {read_as}" in again.stderr


def test_a_run_does_not_go_on_with_maps_that_are_read_otherwise(seg2vid, train_ids):
    assert seg2vid("train", "image", "--data", train_ids, "--out", "run", *SMALL).exit_code == 0
    assert "label_formats" not in json.loads(Path("run/settings.json").read_text()), "older runs go on"
    result = seg2vid("train", "image", "--data", train_ids, "--out", "run", *SMALL, "--label-format", "label-ids")
    assert result.exit_code == 2
    assert "started with other settings: label_formats (None -> ['label-ids:ids'])" in result.stderr


def test_masks_are_refused_before_anything_is_written(seg2vid, tmp_path):
    root = write(tmp_path / "masks", lambda labels: np.where(labels == 13, 255, 0).astype(np.uint8))
    result = seg2vid("train", "image", "--data", root, "--out", "run", *SMALL)
    assert (result.exit_code, Path("run").exists()) == (1, False)
    first = root / "train" / "drive" / "labels" / "0.png"
    assert result.stderr.splitlines()[0] == (
        f"error: {first}: a mask of one class, as 6 of the 6 maps that were looked at"
    )
