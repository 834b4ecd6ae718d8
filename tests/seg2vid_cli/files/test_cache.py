"""The cache folder: where it is, and how graphs that were kept long ago make room."""

import os

import pytest

from seg2vid_cli.files import cache


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(cache.CACHE_VARIABLE, str(tmp_path))
    return tmp_path


def write_graph(path, size, age):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(size))
    os.utime(path, (1_000_000 - age, 1_000_000 - age))


def names(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_the_folder_is_made(folder):
    assert cache.graph_cache() == folder / "graphs"
    assert (folder / "graphs").is_dir()


def test_the_oldest_graphs_go_when_there_are_too_many(folder, monkeypatch):
    monkeypatch.setattr(cache, "MOST_BYTES", 250)
    write_graph(folder / "graphs" / "onnx" / "old.onnx", 100, age=3)
    write_graph(folder / "graphs" / "openvino" / "newer.blob", 100, age=2)
    write_graph(folder / "graphs" / "onnx" / ".killed" / "newest.onnx", 100, age=1)
    write_graph(folder / "models" / "town" / "model.json", 1000, age=9)
    cache.graph_cache()
    assert names(folder) == [
        "graphs/onnx/.killed/newest.onnx",
        "graphs/openvino/newer.blob",
        "models/town/model.json",
    ]


def test_there_is_none_where_nothing_can_be_made(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(cache.CACHE_VARIABLE, str(tmp_path / "file"))
    assert cache.graph_cache() is None
