"""What an image stage of its own label space, size and edges is given."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seg2vid_cli.inputs.conditions import ImageConditions, image_conditions
from seg2vid_cli.inputs.label_maps.reading import read_label_map
from seg2vid_cli.inputs.scenes import Input, check_inputs, pair_inputs, read_scene
from seg2vid_interface.errors import UsageError
from seg2vid_interface.label_spaces import CITYSCAPES, CITYSCAPES_LABEL_IDS
from seg2vid_interface.model_card import ModelCard, read_card

PARKING, CAR, ROAD, POLE_GROUP, UNLABELLED = 9, 26, 7, 18, 0  # label ids
COLOURS = {ROAD: (128, 64, 128), CAR: (0, 0, 142), PARKING: (250, 170, 160)}


@pytest.fixture
def card(make_model) -> ModelCard:
    """A model of 32x64 whose image stage works at 64x128 on label ids and edges."""
    changes = {"image_label_space": CITYSCAPES_LABEL_IDS, "instance_edges": True, "image_scale": 2}
    return read_card(make_model()).model_copy(update=changes)


def save(path: Path, rows: list[int], dtype: type = np.uint8) -> Path:
    """Write a picture of 32x64 whose areas, from left to right, have these values."""
    Image.fromarray(np.repeat(np.array(rows, dtype), 64 // len(rows))[None].repeat(32, 0)).save(path)
    return path


def image_ids(path: Path, label_format: str = "auto") -> list[int]:
    found = read_label_map(path, label_format, CITYSCAPES, CITYSCAPES_LABEL_IDS)
    return found.image_indices[0, ::16].tolist()


def test_the_label_ids_are_cityscapes_own() -> None:
    assert CITYSCAPES_LABEL_IDS.size == 35
    for index, label_class in enumerate(CITYSCAPES_LABEL_IDS.classes[:34]):
        assert label_class.label_ids == (index,)
    for train_class in CITYSCAPES.classes[:19]:
        finer = CITYSCAPES_LABEL_IDS.classes[train_class.label_ids[0]]
        assert (finer.name, finer.color, finer.foreground) == (
            train_class.name,
            train_class.color,
            train_class.foreground,
        )


def test_label_ids_and_instance_ids_are_kept(tmp_path: Path) -> None:
    ids = [ROAD, POLE_GROUP, PARKING, CAR]
    assert image_ids(save(tmp_path / "ids.png", ids), "label-ids") == ids
    instances = [ROAD, POLE_GROUP, PARKING, CAR * 1000 + 3]
    assert image_ids(save(tmp_path / "instances.png", instances, np.uint16), "label-ids") == ids
    assert image_ids(save(tmp_path / "void.png", [ROAD, 255, 29, CAR]), "label-ids") == [ROAD, UNLABELLED, 29, CAR]


def test_train_ids_and_colours_become_their_label_ids(tmp_path: Path) -> None:
    train_ids = save(tmp_path / "train.png", [0, 13, 19, 255])
    assert image_ids(train_ids, "train-ids") == [ROAD, CAR, UNLABELLED, UNLABELLED]
    colours = np.array([COLOURS[ROAD], COLOURS[CAR], COLOURS[PARKING], (0, 0, 0)], np.uint8)
    Image.fromarray(colours.repeat(16, 0)[None].repeat(32, 0)).save(tmp_path / "colours.png")
    assert image_ids(tmp_path / "colours.png") == [ROAD, CAR, UNLABELLED, UNLABELLED]


def test_a_model_of_one_label_space_sees_nothing_more(make_model) -> None:
    card = read_card(make_model())
    assert image_conditions(card, np.zeros((32, 64), np.uint8), None, (32, 64)) == ImageConditions(None, None)


def test_regions_are_the_instances_unless_there_are_ids(card, tmp_path: Path) -> None:
    plain = read_scene(Input(save(tmp_path / "map.png", [ROAD, CAR, CAR, CAR]), None), "label-ids", card, 32, 64)
    assert plain.image.label_map.shape == plain.image.edges.shape == (64, 128)
    assert np.unique(plain.image.label_map).tolist() == [ROAD, CAR]
    assert np.flatnonzero(plain.image.edges.any(0)).tolist() == [31, 32]

    ids = save(tmp_path / "ids.png", [1, 2, 3, 3])
    given = read_scene(Input(tmp_path / "map.png", None, ids), "label-ids", card, 32, 64)
    assert np.flatnonzero(given.image.edges.any(0)).tolist() == [31, 32, 63, 64]

    own = save(tmp_path / "own.png", [ROAD, CAR * 1000, CAR * 1000, CAR * 1000 + 1], np.uint16)
    told = read_scene(Input(own, None), "label-ids", card, 32, 64)
    assert np.flatnonzero(told.image.edges.any(0)).tolist() == [31, 32, 95, 96]
    assert np.unique(told.label_map).tolist() == [0, 13]


def test_pairs_with_instances(tmp_path: Path) -> None:
    maps = [Path("a.png"), Path("b.png")]
    for name in ("a.png", "b.png"):
        (tmp_path / name).touch()
    assert pair_inputs(maps, None, tmp_path) == [Input(path, None, tmp_path / path.name) for path in maps]
    assert pair_inputs(maps[:1], None, Path("ids.png")) == [Input(maps[0], None, Path("ids.png"))]
    with pytest.raises(UsageError, match=r"^--instances ids\.png: one picture for 2 label maps$"):
        pair_inputs(maps, None, Path("ids.png"))


def test_instances_that_nobody_sees_are_refused(card, make_model) -> None:
    maps, ids = [Path("a.png")], Path("ids.png")
    check_inputs(maps, None, card, ids)
    with pytest.raises(UsageError, match=r"^--instances ids\.png: the model blind sees no instances$"):
        check_inputs(maps, None, read_card(make_model("blind")), ids)
    with pytest.raises(UsageError, match=r"^--instances ids\.png: only the image stage sees them"):
        check_inputs(maps, Path("first.png"), card, ids)


def test_of_label_ids_of_one_colour_the_first_counts(tmp_path: Path) -> None:
    colours = np.array([(0, 0, 0), (153, 153, 153), COLOURS[CAR], COLOURS[PARKING]], np.uint8)
    Image.fromarray(colours.repeat(16, 0)[None].repeat(32, 0)).save(tmp_path / "colours.png")
    found = read_label_map(tmp_path / "colours.png", "auto", CITYSCAPES_LABEL_IDS)
    assert found.indices[0, ::16].tolist() == [UNLABELLED, POLE_GROUP - 1, CAR, PARKING]
