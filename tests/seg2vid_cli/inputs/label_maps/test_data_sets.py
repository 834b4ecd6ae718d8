"""The label maps of data sets: what some of them are decides for all."""

import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from drawn_formats import FORMATS, drawings, read_format
from seg2vid_cli.inputs.label_maps.data_sets import read_data_set
from seg2vid_interface.errors import DatasetError, LabelMapError, UsageError
from seg2vid_interface.label_spaces import CITYSCAPES

SPACES = {name: FORMATS[name] for name in ("carla", "gta5", "idd", "kitti", "synthia", "mapillary-1.2")}
STREET = {"sky": 10, "building": 2, "vegetation": 8, "road": 0, "sidewalk": 1, "car": 13}


def street(ids: dict[str, int], shift: int = 0) -> np.ndarray:
    """Return a street (64, 96) in a numbering."""
    picture = np.full((64, 96), ids["sky"], np.uint8)
    picture[12:40, :36] = ids["building"]
    picture[8:40, 60:] = ids["vegetation"]
    picture[36:] = ids["road"]
    picture[36:44, :20] = ids["sidewalk"]
    picture[40:50, 40 + shift : 56 + shift] = ids["car"]
    return picture


def written(folder: Path, pictures: list[np.ndarray], name: str = "{:06d}.png") -> list[Path]:
    """Write maps; return their paths."""
    folder.mkdir(exist_ok=True)
    paths = [folder / name.format(number) for number in range(len(pictures))]
    for path, picture in zip(paths, pictures, strict=True):
        Image.fromarray(picture).save(path)
    return paths


TRAIN_IDS = [street(STREET, shift) for shift in range(20)]
LABEL_IDS = {"sky": 23, "building": 11, "vegetation": 21, "road": 7, "sidewalk": 8, "car": 26}


def test_train_ids_are_read_as_they_are(tmp_path):
    paths = written(tmp_path / "maps", TRAIN_IDS)
    reader = read_data_set(paths, CITYSCAPES, "auto")
    assert (reader.label_format, reader.description) == ("train-ids:ids", "Cityscapes train ids")
    for path, expected in zip(paths, TRAIN_IDS, strict=True):
        np.testing.assert_array_equal(pickle.loads(pickle.dumps(reader)).read(path, 64, 96), expected)
    halved = reader.read(paths[3], 32, 48)
    np.testing.assert_array_equal(halved, np.asarray(Image.fromarray(TRAIN_IDS[3]).resize((48, 32), 0)))


def test_a_data_set_of_label_ids_is_told_by_its_maps_and_by_their_names(tmp_path):
    ids = [street(LABEL_IDS, shift) for shift in range(20)]
    for folder, name in (("a", "{:06d}.png"), ("b", "x_{:06d}_gtFine_labelIds.png")):
        paths = written(tmp_path / folder, ids, name)
        reader = read_data_set(paths, CITYSCAPES, "auto")
        assert (reader.label_format, reader.description) == ("label-ids:ids", "Cityscapes label ids")
        np.testing.assert_array_equal(reader.read(paths[7], 64, 96), TRAIN_IDS[7])


@pytest.mark.parametrize("name", SPACES)
def test_every_layout_of_other_data_sets_is_read_when_it_is_named(tmp_path, name):
    for drawing in drawings(read_format(FORMATS[name]), tmp_path):
        reader = read_data_set([drawing.path] * 3, CITYSCAPES, name)
        expected = np.where(drawing.train_ids == 255, 19, drawing.train_ids)
        np.testing.assert_array_equal(reader.read(drawing.path, *expected.shape), expected, drawing.path.name)


def test_masks_are_no_data_set_but_a_few_of_them_do_no_harm(tmp_path):
    mask = np.where(np.indices((64, 96))[0] > 30, 255, 0).astype(np.uint8)
    paths = written(tmp_path / "masks", [mask] * 5)
    with pytest.raises(DatasetError) as caught:
        read_data_set(paths, CITYSCAPES, "auto")
    assert caught.value.message == (f"{paths[0]}: a mask of one class, as 5 of the 5 maps that were looked at")
    assert caught.value.hint is not None
    assert "--label-format FILE.toml" in caught.value.hint
    paths = written(tmp_path / "mixed", [*TRAIN_IDS[:4], mask])
    assert read_data_set(paths, CITYSCAPES, "auto").label_format == "train-ids:ids"


def test_what_is_not_clear_is_asked_for_with_the_flag_that_answers(tmp_path):
    stripes = np.repeat(np.array([7, 8, 11, 3], np.uint8), 16)[:, None].repeat(96, axis=1)
    paths = written(tmp_path / "maps", [stripes] * 3)
    with pytest.raises(DatasetError) as caught:
        read_data_set(paths, CITYSCAPES, "auto")
    assert caught.value.message.startswith(f"{paths[0]}: fits several label formats")
    assert caught.value.hint is not None
    assert "--label-format train-ids" in caught.value.hint
    assert "--label-format label-ids" in caught.value.hint
    np.testing.assert_array_equal(read_data_set(paths, CITYSCAPES, "train-ids").read(paths[0], 64, 96), stripes)


def test_maps_of_two_numberings_are_refused_whichever_there_are_more_of(tmp_path):
    label_ids = [street(LABEL_IDS, shift) for shift in range(9)]
    paths = written(tmp_path / "maps", [*TRAIN_IDS[:9], *label_ids[:3]])
    with pytest.raises(DatasetError) as caught:
        read_data_set(paths, CITYSCAPES, "auto")
    assert caught.value.message == (f"{paths[9]}: holds values that are not those of Cityscapes train ids: 21, 23, 26")
    assert caught.value.hint == (
        "If all maps are of one format, say it: --label-format train-ids:ids; or convert them: "
        "seg2vid labels MAPS -o DIR."
    )
    paths = written(tmp_path / "others", [*label_ids, *TRAIN_IDS[:3]])  # which would be other things in label ids
    with pytest.raises(DatasetError) as caught:
        read_data_set(paths, CITYSCAPES, "auto")
    assert caught.value.message == (f"{paths[9]}: clearly train-ids:ids, but others of this data set are label-ids:ids")


def test_a_map_that_was_not_looked_at_is_refused_as_it_is_read(tmp_path):
    paths = written(tmp_path / "maps", TRAIN_IDS)
    reader = read_data_set(paths, CITYSCAPES, "auto")
    (other,) = written(tmp_path / "more", [street(LABEL_IDS)])
    with pytest.raises(DatasetError, match="not those of Cityscapes train ids: 21, 23, 26"):
        reader.read(other, 64, 96)


def test_a_damaged_map_is_told_from_one_that_holds_something_else(tmp_path):
    paths = written(tmp_path / "maps", TRAIN_IDS[:3])
    paths[1].write_bytes(paths[1].read_bytes()[:90])
    reader = read_data_set(paths, CITYSCAPES, "auto")
    with pytest.raises(LabelMapError, match=r"000001\.png"):
        reader.read(paths[1], 64, 96)


def test_an_unknown_format_is_wrong_usage(tmp_path):
    with pytest.raises(UsageError, match="'carla-1' is not known"):
        read_data_set(written(tmp_path / "maps", TRAIN_IDS[:1]), CITYSCAPES, "carla-1")
