"""Model folders: which files have to be there, and what is wrong with them."""

import json

import pytest

from seg2vid_interface.errors import MissingWeightsError, ModelError
from seg2vid_interface.model_card import ModelFolder, open_model_folder, read_card

AGAIN = "Fetch or export the model again."


@pytest.fixture
def folder(model) -> ModelFolder:
    return open_model_folder(model)


def error_of(call, *arguments) -> ModelError:
    with pytest.raises(ModelError) as caught:
        call(*arguments)
    return caught.value


def test_a_file_that_is_what_the_card_says(folder):
    assert folder.file("image.weights") == folder.path / "image.weights"
    assert folder.has("image.weights")
    folder.check_all_files()


def test_only_the_file_that_is_used_has_to_be_there(folder):
    (folder.path / "motion.weights").unlink()
    assert open_model_folder(folder.path) == folder
    assert folder.file("image.weights").read_text() == "image"
    error = error_of(folder.file, "motion.weights")
    assert (type(error), error.hint) == (MissingWeightsError, AGAIN)
    assert error_of(folder.file, "motion.weights", "Make it.").hint == "Make it."
    assert error.message == f"{folder.path}: the model's file motion.weights is missing"
    assert not folder.has("motion.weights")


def test_a_file_that_the_card_does_not_name(folder):
    (folder.path / "image.onnx").write_text("a stranger's")
    error = error_of(folder.file, "image.onnx", "Make it.")
    assert (type(error), error.hint) == (MissingWeightsError, "Make it.")
    assert error.message == f"{folder.path}: the model has no image.onnx"
    assert not folder.has("image.onnx")


def test_a_file_that_is_altered_or_not_readable(folder):
    (folder.path / "image.weights").write_text("altered")
    error = error_of(folder.file, "image.weights")
    assert (type(error), error.hint) == (ModelError, AGAIN)
    assert error.message == f"{folder.path / 'image.weights'}: altered, its SHA-256 is not the card's"
    (folder.path / "image.weights").unlink()
    (folder.path / "image.weights").mkdir()  # no file
    assert type(error_of(folder.file, "image.weights")) is MissingWeightsError


def test_all_that_is_wrong_is_told_at_once(folder):
    (folder.path / "motion.weights").unlink()
    error = error_of(folder.check_all_files)
    assert error.message == f"{folder.path}: 1 of 3 files are missing: motion.weights"
    assert error.hint == "The others are intact, and enough for a backend that needs no more of them."
    for name in ("LICENSE", "image.weights"):
        (folder.path / name).write_text("altered")
    error = error_of(folder.check_all_files)
    assert (
        error.message
        == f"{folder.path}: altered, by the card's SHA-256: LICENSE, image.weights; missing: motion.weights"
    )
    assert error.hint == AGAIN


def test_a_card_s_strange_key_is_told_in_one_line(model):
    card = json.loads((model / "model.json").read_text())
    card["a\nb\x1b[2J"] = 1
    (model / "model.json").write_text(json.dumps(card))
    error = error_of(open_model_folder, model)
    problem = "a?b?[2J: Extra inputs are not permitted"
    assert error.message == f"{model / 'model.json'}: not a valid model card: {problem}"
    assert error.hint == AGAIN


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a/b", "..", "C:x", "a\\b", ".hidden", "x\n", ""])
def test_a_card_names_files_of_its_own_folder_alone(model, name):
    card = json.loads((model / "model.json").read_text())
    card["licence_files"] = {name: "0" * 64}
    (model / "model.json").write_text(json.dumps(card))
    message = error_of(open_model_folder, model).message
    problem = f"the file name {name!r} leaves the model's folder, or is a hidden file's"
    assert message == f"{model / 'model.json'}: not a valid model card: {problem}"


def test_key_frames_cost_what_the_image_stage_does(make_model):
    """Of 0.5 GFLOP a frame that the stages take each, one in four frames is painted."""
    assert read_card(make_model("plain")).gflop_per_frame == 0.5
    card = read_card(make_model("driving", camera={}))
    assert card.gflop_per_frame == 0.5 + 0.5 / 4
    stages = card.stages
    assert card.model_copy(update={"stages": {"image": stages["image"]}}).gflop_per_frame == 0.5
    assert card.model_copy(update={"stages": {"motion": stages["motion"]}}).gflop_per_frame == 0.5


def deep(levels: int) -> dict:
    return {"a": deep(levels - 1)} if levels else {}


COLORED = {"name": "x", "classes": [{"name": "a", "color": [0, 0, 256]}]}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"sizes": {"multiple": 0}}, "sizes: 0, 1, 1 are no sizes in pixels"),
        ({"sizes": {"area_multiple": 0}}, "sizes: 1, 1, 0 are no sizes in pixels"),
        ({"sizes": {"smallest": -1}}, "sizes: 1, -1, 1 are no sizes in pixels"),
        ({"height": 2**40}, "height: Input should be less than or equal to 16384"),
        ({"frames_per_second": 1e30}, "frames_per_second: Input should be less than or equal to 240"),
        ({"frames_per_second": 1e-30}, "frames_per_second: Input should be greater than or equal to 0.1"),
        ({"frames": 10**12}, "frames: Input should be less than or equal to 100000"),
        ({"latent_size": 2**62}, "latent_size: Input should be less than or equal to 10000000"),
        ({"image_scale": 1000}, "image_scale: Input should be less than or equal to 16"),
        ({"camera": {"focal_length": 1e-300}}, "camera.focal_length: Input should be greater than or equal to 0.05"),
        ({"label_space": COLORED}, "label_space: 'a': a colour out of 0..255"),
        ({"image_label_space": COLORED}, "image_label_space: 'a': a colour out of 0..255"),
        (
            {"label_space": {"name": "x", "classes": [{"name": "a", "color": [0, 0, 0], "label_ids": [70000]}]}},
            "label_space: 'a': an id out of 0..65535",
        ),
        ({"label_space": {"name": "x", "classes": []}}, "label_space: 0 classes; there must be 1 to 255"),
        (
            {"label_space": {"name": "x", "classes": [{"name": "a", "color": [0, 0, 0]}] * 256}},
            "label_space: 256 classes; there must be 1 to 255",
        ),
        (
            {"label_space": {"name": "x", "classes": [{"name": "a", "color": [0, 0, 0]}], "other": 1}},
            "label_space: other = 1 is none of the 1 classes",
        ),
        ({"stages": {}}, "stages: there is none"),
        ({"stages": {"image": 3}}, "stages.image: Input should be a valid dictionary or instance of StageCard"),
    ],
)
def test_numbers_out_of_range_are_refused(model, changes, problem):
    card = json.loads((model / "model.json").read_text())
    (model / "model.json").write_text(json.dumps(card | changes))
    assert error_of(read_card, model).message == f"{model / 'model.json'}: not a valid model card: {problem}"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (json.dumps(deep(100)), "nested more than 64 levels deep"),
        ('{"format_version": ' + "2" * 5000 + "}", "an integer of more than 20 digits"),
        ('{"format_version": NaN}', "NaN is no number of JSON"),
    ],
)
def test_a_card_beyond_all_limits_is_refused(model, text, problem):
    (model / "model.json").write_text(text)
    assert error_of(read_card, model).message == f"{model / 'model.json'}: not readable as JSON: {problem}"
    assert error_of(read_card, model).hint == AGAIN
