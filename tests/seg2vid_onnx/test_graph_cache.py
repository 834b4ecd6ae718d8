"""Optimised graphs kept on disk: they are used, change nothing, and are made anew when damaged."""

import shutil

import numpy as np
import pytest

from seg2vid_cli.trial.sample_scene import sample_request
from seg2vid_interface.backend import OpenOptions
from seg2vid_interface.errors import ModelError
from seg2vid_interface.model_card import ModelFolder
from seg2vid_onnx import loading
from seg2vid_onnx.backend import OnnxBackend


def make_clip(model: ModelFolder, cache, **options):
    with OnnxBackend().open(model, OpenOptions("cpu", cache=cache, **options)) as session:
        chunks = list(session.generate([sample_request(session, model.card, 1, frames=6)]))
    return np.concatenate([chunk.frames for (chunk,) in chunks])


def kept(cache):
    """Return the keys of what is kept; the bytes of one graph differ from time to time."""
    return sorted(file.name.partition(".")[0] for file in (cache / "onnx").iterdir())


def test_a_kept_graph_is_opened_in_the_place_of_the_models_and_gives_the_same_clip(graph_model, tmp_path, monkeypatch):
    cache, load = tmp_path / "cache", loading._load
    clip = make_clip(graph_model, None)
    assert np.array_equal(make_clip(graph_model, cache), clip)
    before, opened = kept(cache), []
    assert len(before) == 2
    monkeypatch.setattr(loading, "_load", lambda path, *rest: opened.append(path) or load(path, *rest))
    assert np.array_equal(make_clip(graph_model, cache), clip)
    assert kept(cache) == before
    assert {path.parent for path in opened} == {cache / "onnx"}


def test_a_kept_graph_is_no_excuse_for_an_altered_one(graph_model, tmp_path):
    model = ModelFolder(shutil.copytree(graph_model.path, tmp_path / "model"), graph_model.card)
    make_clip(model, tmp_path / "cache")
    (model.path / "image.onnx").write_bytes(b"no graph")
    with pytest.raises(ModelError, match=r"image\.onnx: altered, its SHA-256 is not the card's"):
        make_clip(model, tmp_path / "cache")


@pytest.mark.parametrize("damage", [b"", b"no graph at all"])
def test_a_damaged_graph_is_made_anew(graph_model, tmp_path, damage):
    clip = make_clip(graph_model, tmp_path)
    before = kept(tmp_path)
    for file in (tmp_path / "onnx").iterdir():
        file.write_bytes(damage)
    assert np.array_equal(make_clip(graph_model, tmp_path), clip)
    assert kept(tmp_path) == before


def test_a_disk_that_takes_no_more_is_done_without(graph_model, tmp_path):
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        assert len(make_clip(graph_model, tmp_path)) == 6
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not [name for name in (tmp_path / "onnx").iterdir() if name.name.startswith(".")]


def test_every_size_has_graphs_of_its_own(graph_model, tmp_path):
    make_clip(graph_model, tmp_path)
    assert make_clip(graph_model, tmp_path, size=(192, 128)).shape == (6, 192, 128, 3)
    assert len(kept(tmp_path)) == 4


def test_a_cache_that_cannot_be_written_is_done_without(graph_model, tmp_path):
    (tmp_path / "onnx").write_text("a file where the folder would be")
    assert len(make_clip(graph_model, tmp_path)) == 6
    assert [path.name for path in tmp_path.iterdir()] == ["onnx"]
