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
