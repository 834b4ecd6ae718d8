from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seg2vid_cli.inputs.scenes import Input, check_inputs, check_label_format, pair_inputs, read_scene
from seg2vid_cli.inputs.stdin import STDIN
from seg2vid_interface.errors import ImageError, SettingsError, UsageError
from seg2vid_interface.model_card import read_card

MAPS = [Path("a.png"), Path("b.png")]


def test_pairs_without_first_frames():
    assert pair_inputs(MAPS, None) == [Input(MAPS[0], None), Input(MAPS[1], None)]
    assert pair_inputs([], None) == [Input(None, None)]


def test_pairs_with_one_picture():
    assert pair_inputs(MAPS[:1], Path("x.jpg")) == [Input(MAPS[0], Path("x.jpg"))]
    assert pair_inputs([], Path("x.jpg")) == [Input(None, Path("x.jpg"))]
    with pytest.raises(UsageError, match=r"^--first-frame x\.jpg: one picture for 2 label maps$"):
        pair_inputs(MAPS, Path("x.jpg"))


def test_pairs_with_a_folder(tmp_path):
    for name in ("a.jpg", "b.png"):
        (tmp_path / name).touch()
    assert pair_inputs(MAPS, tmp_path) == [Input(MAPS[0], tmp_path / "a.jpg"), Input(MAPS[1], tmp_path / "b.png")]
    with pytest.raises(ImageError, match="c"):
        pair_inputs([Path("c.png")], tmp_path)


def lay(*paths):
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_pictures_lie_in_folders_as_label_maps_do(tmp_path):
    maps = [Path("gtFine/ulm/x_gtFine_labelIds.png"), Path("gtFine/bonn/x_gtFine_labelIds.png")]
    places = {path: Path(path.parent.name) for path in maps}
    photos = [tmp_path / "ulm" / "x_leftImg8bit.png", tmp_path / "bonn" / "x_leftImg8bit.png"]
    lay(*photos, tmp_path / "x_leftImg8bit.png")
    assert [pair.first_frame for pair in pair_inputs(maps, tmp_path, places=places)] == photos


def test_pictures_of_maps_in_folders_may_lie_in_one_if_their_names_differ(tmp_path):
    maps = [Path("a/x.png"), Path("b/y.png"), Path("b/x.png")]
    places = {path: path.parent for path in maps}
    lay(tmp_path / "x.jpg", tmp_path / "y.jpg")
    pairs = pair_inputs(maps[:2], None, tmp_path, places)
    assert [pair.instances for pair in pairs] == [tmp_path / "x.jpg", tmp_path / "y.jpg"]
    with pytest.raises(UsageError, match=r"^--first-frame .*: x\.jpg would belong to both a.x\.png and b.x\.png$"):
        pair_inputs(maps, tmp_path, places=places)


def test_standard_input_has_no_name_to_find_a_picture_by(tmp_path):
    with pytest.raises(
        UsageError, match=r"^--first-frame .*: a folder's pictures are found by name, and stdin has none$"
    ):
        pair_inputs([STDIN], tmp_path)
    assert pair_inputs([STDIN], Path("x.jpg")) == [Input(STDIN, Path("x.jpg"))]
    assert Input(STDIN, Path("x.jpg")).files() == [Path("x.jpg")]


def test_a_label_format_is_checked_without_a_picture(make_model):
    street, blind = read_card(make_model()), read_card(make_model("blind", with_labels=False))
    check_label_format("label-ids", street)
    check_label_format("kitty", blind)
    with pytest.raises(UsageError, match="kitty"):
        check_label_format("kitty", street)
    with pytest.raises(SettingsError, match=r"missing\.toml"):
        check_label_format("missing.toml", street)


def test_a_model_gets_what_it_takes(make_model):
    street, blind = read_card(make_model()), read_card(make_model("blind", with_labels=False))
    check_inputs(MAPS, None, street)
    check_inputs([], None, blind)
    with pytest.raises(UsageError, match=r"^LABEL is missing$"):
        check_inputs([], None, street)
    with pytest.raises(UsageError, match=r"^a\.png: the model blind takes no label map$"):
        check_inputs(MAPS, None, blind)


def test_a_model_without_an_image_stage_needs_a_first_frame(make_model):
    card = read_card(make_model())
    moving = card.model_copy(update={"stages": {"motion": card.stages["motion"]}})
    check_inputs(MAPS, Path("x.jpg"), moving)
    with pytest.raises(UsageError, match=r"^--first-frame is missing$") as caught:
        check_inputs(MAPS, None, moving)
    assert caught.value.hint == "The model tiny has no image stage: it goes on from a picture."


def test_instances_are_for_models_that_know_them(make_model):
    ids = Path("ids.png")
    driving = read_card(make_model("driving", camera={}))
    check_inputs(MAPS, None, driving, ids)
    check_inputs(MAPS, Path("x.jpg"), driving, ids)  # its motion stage knows them
    with pytest.raises(UsageError, match=r"^--instances ids\.png: the model tiny sees no instances$"):
        check_inputs(MAPS, None, read_card(make_model()), ids)


def test_a_scene_keeps_its_instances(make_model, tmp_path):
    card = read_card(make_model(camera={}))
    ids = np.repeat(np.repeat(np.arange(8 * 16).reshape(8, 16), 2, 0), 2, 1).astype(np.uint16) + 26000
    Image.fromarray(np.full((16, 32), 13, np.uint8)).save(tmp_path / "car.png")
    Image.fromarray(ids).save(tmp_path / "ids.png")
    Image.fromarray(np.where(ids % 2, ids, 7).astype(np.uint16)).save(tmp_path / "both.png")
    given = read_scene(Input(tmp_path / "car.png", None, tmp_path / "ids.png"), "train-ids", card, 32, 64)
    np.testing.assert_array_equal(given.instances, np.repeat(np.repeat(ids, 2, 0), 2, 1))
    assert given.name == str(tmp_path / "car.png")
    told = read_scene(Input(tmp_path / "both.png", None), "label-ids", card, 16, 32)
    np.testing.assert_array_equal(told.instances, np.where(ids % 2, ids, 7))
    assert read_scene(Input(tmp_path / "car.png", None), "train-ids", card, 32, 64).instances is None


def test_a_grey_model_s_first_frame_has_no_colours(make_model, tmp_path):
    card = read_card(make_model("blind", with_labels=False)).model_copy(update={"grey": True})
    Image.new("RGB", (64, 32), (200, 100, 50)).save(tmp_path / "first.png")
    scene = read_scene(Input(None, tmp_path / "first.png"), "auto", card, 32, 64)
    assert np.array_equal(scene.first_frame, np.full((32, 64, 3), 124))  # 0.299 * 200 + 0.587 * 100 + 0.114 * 50


def test_a_scene_has_the_model_s_size(make_model, tmp_path):
    card = read_card(make_model())
    Image.fromarray(np.full((64, 64), 13, np.uint8)).save(tmp_path / "car.png")
    Image.new("RGB", (10, 10), (1, 2, 3)).save(tmp_path / "first.png")
    scene = read_scene(Input(tmp_path / "car.png", tmp_path / "first.png"), "train-ids", card, 32, 64)
    assert np.array_equal(scene.label_map, np.full((32, 64), 13))
    assert np.array_equal(scene.first_frame, np.broadcast_to((1, 2, 3), (32, 64, 3)))
    assert scene.messages[0] == f"{tmp_path / 'car.png'}: Cityscapes train ids"
    assert scene.messages[1].startswith(f"{tmp_path / 'car.png'}: the label map is 64x64")
    assert scene.messages[2].startswith(f"{tmp_path / 'first.png'}: the first frame is 10x10")
    assert len(scene.messages) == 3
