"""The cache folder: where it is, and how graphs that were kept long ago make room."""

import os
import sys

import pytest

from seg2vid_cli.files import cache
from seg2vid_cli.model_store.store import pulled_models
from seg2vid_interface.errors import OutputError


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


@pytest.fixture
def homeless(monkeypatch):
    """Be a user whom the system does not know, as in a container that was given another user's number."""
    for variable in (cache.CACHE_VARIABLE, "HOME", "USERPROFILE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows its users' folders otherwise")
def test_a_user_without_a_home_has_no_cache(homeless, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert cache.find_cache_folder() is None
    assert cache.graph_cache() is None
    assert pulled_models() == {}
    with pytest.raises(OutputError) as caught:
        cache.cache_folder()
    assert caught.value.hint == "SEG2VID_CACHE=FOLDER in the environment names one."
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setenv("HOME", "/root")
    monkeypatch.setenv(cache.CACHE_VARIABLE, "kept")
    assert cache.cache_folder() == tmp_path / "kept"


@pytest.mark.usefixtures("fake_backends")
def test_what_needs_no_cache_works_without_one(homeless, seg2vid, model, street, monkeypatch):
    monkeypatch.delenv(cache.CACHE_VARIABLE)  # which the program's fixture has set
    assert seg2vid("generate", street, "--model", model).exit_code == 0
    for command in (("models", "list"), ("backends",), ("train", "image", "--data", "a", "--out", "run")):
        result = seg2vid(*command)
        assert (result.exit_code, result.stderr.count("error")) == (0, 0)
    result = seg2vid("models", "pull", "https://192.0.2.1/a.zip", "--sha256", "0" * 64)
    assert (result.exit_code, result.stderr) == (
        1,
        "error: the user has no home folder, so that there is no cache folder\n"
        "       SEG2VID_CACHE=FOLDER in the environment names one.\n",
    )


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
