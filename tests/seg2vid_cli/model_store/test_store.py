from pathlib import Path

import pytest

from seg2vid_cli.model_store import store
from seg2vid_cli.model_store.store import bundled_models, find_model, open_model
from seg2vid_interface.errors import ModelError


@pytest.fixture
def bundle(tmp_path, make_model, monkeypatch):
    make_model("street")
    make_model("alley")
    (tmp_path / "notes").mkdir()
    monkeypatch.setattr(store, "BUNDLED_MODELS", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_bundled_models_are_the_folders_with_a_card(bundle):
    assert bundled_models() == {"alley": bundle / "alley", "street": bundle / "street"}


def test_a_name_is_the_bundled_model_even_beside_a_folder_of_that_name(bundle, tmp_path, monkeypatch):
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "street").mkdir(parents=True)
    monkeypatch.chdir(elsewhere)
    assert find_model("street") == bundle / "street"
    assert find_model("./street") == Path("street")


def test_a_folder_needs_no_separator_if_no_bundled_model_has_its_name(bundle, tmp_path):
    assert find_model("notes") == Path("notes")
    assert find_model(str(tmp_path / "missing")) == tmp_path / "missing"


def test_an_unknown_name_lists_the_known_ones(bundle):
    with pytest.raises(ModelError) as caught:
        find_model("motorway")
    assert caught.value.message == "motorway: no such model and no such folder"
    assert caught.value.hint == "Known models: alley, street."


def test_open_model_reads_the_card_alone(bundle):
    (bundle / "street" / "motion.weights").write_text("not looked at before it is used")
    assert open_model("street").card.name == "street"


def test_a_folder_that_is_missing_or_no_model(bundle):
    with pytest.raises(ModelError, match=r"^missing: no such model folder$"):
        open_model("./missing")
    with pytest.raises(ModelError, match=r"^notes: not a model folder, it has no model\.json$"):
        open_model("notes")
