import os
import sys
from pathlib import Path

import pytest

from seg2vid_cli.model_store import store
from seg2vid_cli.model_store.remove import remove_models
from seg2vid_interface.errors import ModelError, OutputError


@pytest.fixture(autouse=True)
def bundle(tmp_path, make_model, monkeypatch) -> Path:
    """Return the folder of bundled models, which holds "alley"."""
    (tmp_path / "bundle").mkdir()
    make_model("alley").rename(tmp_path / "bundle" / "alley")
    monkeypatch.setattr(store, "BUNDLED_MODELS", tmp_path / "bundle")
    return tmp_path / "bundle"


@pytest.fixture
def pulled(tmp_path, make_model, monkeypatch) -> Path:
    """Return the folder of pulled models, which holds "road" and "town"."""
    folder = tmp_path / "cache" / "models"
    folder.mkdir(parents=True)
    for name in ("road", "town"):
        make_model(name).rename(folder / name)
    monkeypatch.setenv("SEG2VID_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(folder)
    return folder


def test_what_is_named_is_removed(pulled):
    assert remove_models(["town"]) == {"town": pulled / "town"}
    assert [path.name for path in pulled.iterdir()] == ["road"]


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("alley", "a bundled model, which stays"),
        *(
            (name, "no pulled model has this name")
            for name in ("village", "./town", "town/", "../models", ".", "..", "")
        ),
    ],
)
def test_anything_else_is_refused_and_nothing_removed(pulled, bundle, name, problem):
    with pytest.raises(ModelError) as caught:
        remove_models(["town", name])
    assert caught.value.message == f"{name}: {problem}"
    assert caught.value.hint == "Pulled models: road, town.  A model folder elsewhere is yours to delete."
    assert sorted(path.name for path in pulled.iterdir()) == ["road", "town"]
    assert (bundle / "alley" / "model.json").is_file()


def test_of_a_bundled_model_s_name_the_pulled_one_is_removed(pulled, bundle):
    """It was pulled before a model of this name was bundled, and nothing else reaches it."""
    (pulled / "town").rename(pulled / "alley")
    assert remove_models(["alley"]) == {"alley": pulled / "alley"}
    assert (bundle / "alley" / "model.json").is_file()


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
def test_of_a_link_what_it_leads_to_stays(pulled, bundle):
    (pulled / "linked").symlink_to(bundle / "alley", target_is_directory=True)
    (pulled / "town" / "linked").symlink_to(bundle, target_is_directory=True)
    remove_models(["linked", "town"])
    assert os.listdir(pulled) == ["road"]  # noqa: PTH208  # broken links too
    assert (bundle / "alley" / "model.json").is_file()


def test_what_cannot_be_removed_is_told(pulled, monkeypatch):
    def fail(path: Path, _target: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(OutputError) as caught:
        remove_models(["town"])
    assert caught.value.message == f"{pulled / 'town'}: cannot be removed: Permission denied"
    assert (pulled / "town" / "model.json").is_file()
