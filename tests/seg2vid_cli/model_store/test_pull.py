import errno
import hashlib
import json
import shutil
import signal
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from loopback_server import LoopbackServer, content, loopback_server, stalling, status
from seg2vid_cli.model_store import pull, store
from seg2vid_interface.staging import moves


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with loopback_server() as server:
        yield server


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    """Return the folder of pulled models, which is not there yet."""
    monkeypatch.setenv("SEG2VID_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "models"


@pytest.fixture
def bundle(make_model, tmp_path, monkeypatch) -> Path:
    """Return the folder of bundled models, which holds "alley"."""
    folder = tmp_path / "bundle"
    folder.mkdir()
    make_model("alley").rename(folder / "alley")
    monkeypatch.setattr(store, "BUNDLED_MODELS", folder)
    return folder


@pytest.fixture
def archive(make_model, tmp_path) -> Callable[..., bytes]:
    """Make a model and return its .zip; what is given is changed in its folder first."""

    def make(name: str = "town", **changes: str) -> bytes:
        folder = make_model(name)
        for stem, text in changes.items():
            (next(folder.glob(f"{stem}*"))).write_text(text)
        path = tmp_path / f"{name}.zip"
        with zipfile.ZipFile(path, "w") as file:
            for member in sorted(folder.iterdir()):
                file.write(member, f"{name}/{member.name}")
        shutil.rmtree(folder)
        return path.read_bytes()

    return make


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def unpacked(archive: Path) -> dict[str, bytes]:
    """Return what is to lie in the cache after a pull."""
    with zipfile.ZipFile(archive) as file:
        files = {name: file.read(name) for name in file.namelist()}
    return files | {f"{archive.stem}/.archive-sha256": sha256(archive.read_bytes()).encode()}


def test_the_model_s_folder_is_the_result(seg2vid, server, archive, cache, tmp_path):
    data = archive()
    url = server.answer("/download?id=7", content(data))
    result = seg2vid("models", "pull", url, "--sha256", sha256(data).upper())
    assert (result.exit_code, result.stdout, result.stderr) == (0, f"{cache / 'town'}\n", "")
    assert tree(cache) == unpacked(tmp_path / "town.zip")


@pytest.mark.usefixtures("fake_backends")
def test_a_model_is_used_by_its_name(seg2vid, server, archive, cache, street):
    data = archive()
    seg2vid("models", "pull", server.answer("/a.zip", content(data)), "--sha256", sha256(data))

    result = seg2vid("generate", street, "--model", "town", "--json")
    document = json.loads(result.stdout)
    assert (document["ok"], document["data"]["model"]) == (True, "town")
    assert Path(document["data"]["outputs"][0]["output"]).stat().st_size > 0

    assert seg2vid("models", "verify", "town").stdout == "town: all 3 files are intact\n"
    assert f"folder       {cache / 'town'}\n" in seg2vid("models", "show", "town").stdout


def test_json(seg2vid, server, archive, cache):
    data = archive()
    result = seg2vid(
        "models", "pull", server.answer("/a.zip", content(data)), "--sha256", sha256(data).upper(), "--json"
    )
    assert result.stderr == ""
    assert json.loads(result.stdout)["data"] == {
        "name": "town",
        "path": str(cache / "town"),
        "sha256": sha256(data),
        "bytes": len("for tests alone") + len("image") + len("motion"),
    }


def test_the_same_file_is_not_fetched_again(seg2vid, server, archive, cache):
    data = archive()
    url = server.answer("/a.zip", content(data))
    first = seg2vid("models", "pull", url, "--sha256", sha256(data))
    server.answer("/a.zip", status(500))
    again = seg2vid("models", "pull", url, "--sha256", sha256(data))
    assert (again.exit_code, again.stdout) == (0, first.stdout)
    assert again.stderr == "town: was pulled before, nothing to fetch\n"
    assert seg2vid("models", "pull", url, "--sha256", sha256(data), "--quiet").stderr == ""
    assert server.requested == ["/a.zip"]


def test_overwrite_mends_a_damaged_model(seg2vid, server, archive, cache, tmp_path):
    data = archive()
    command = ("models", "pull", server.answer("/a.zip", content(data)), "--sha256", sha256(data))
    seg2vid(*command)
    (cache / "town" / "LICENSE").write_text("do what you like")
    result = seg2vid(*command)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        f"error: {cache / 'town'}: altered, by the card's SHA-256: LICENSE\n       Fetch it again with --overwrite.\n"
    )
    assert seg2vid(*command, "--overwrite").exit_code == 0
    assert tree(cache) == unpacked(tmp_path / "town.zip")


def test_another_file_replaces_a_model_with_overwrite_alone(seg2vid, server, archive, cache, tmp_path):
    old = archive()
    seg2vid("models", "pull", server.answer("/a.zip", content(old)), "--sha256", sha256(old))
    before = tree(cache)
    card = json.loads(before["town/model.json"]) | {"description": "Newer."}
    new = archive(model=json.dumps(card))
    command = ("models", "pull", server.answer("/a.zip", content(new)), "--sha256", sha256(new))
    result = seg2vid(*command)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        "error: town: a model of this name was pulled before, from another file\n       Replace it with --overwrite.\n"
    )
    assert tree(cache) == before
    assert seg2vid(*command, "--overwrite").exit_code == 0
    assert tree(cache) == unpacked(tmp_path / "town.zip") != before
    assert [path.name for path in cache.iterdir()] == ["town"]


@pytest.mark.parametrize("change", [{"model": "{}"}, {"image": "another"}, {"LICENSE": "another"}])
def test_a_bad_model_replaces_nothing(seg2vid, server, archive, cache, change):
    old = archive()
    seg2vid("models", "pull", server.answer("/a.zip", content(old)), "--sha256", sha256(old))
    before = tree(cache)
    new = archive(**change)
    url = server.answer("/a.zip", content(new))
    result = seg2vid("models", "pull", url, "--sha256", sha256(new), "--overwrite", "--json")
    error = json.loads(result.stdout)["error"]
    assert (result.exit_code, error["code"]) == (1, "model")
    assert error["message"].startswith(url)
    assert tree(cache) == before
    assert [path.name for path in cache.iterdir()] == ["town"]


@pytest.mark.parametrize("can_exchange", [True, False])
@pytest.mark.parametrize("fault", ["SIGINT", "EIO"])
def test_whatever_happens_while_one_model_takes_the_place_of_another_one_of_them_is_there(
    *, seg2vid, server, archive, cache, monkeypatch, tmp_path, can_exchange, fault
):
    old = archive()
    seg2vid("models", "pull", server.answer("/a.zip", content(old)), "--sha256", sha256(old))
    before = tree(cache)
    new = archive(model=json.dumps(json.loads(before["town/model.json"]) | {"description": "Newer."}))
    exchange, rename = moves.exchange, Path.rename

    def happen() -> None:
        if fault == "EIO":
            raise OSError(errno.EIO, "Input/output error")
        signal.raise_signal(signal.SIGINT)

    def exchange_late(path: Path, other: Path) -> bool:
        if can_exchange:
            happen()
        return can_exchange and exchange(path, other)

    def rename_late(path: Path, target: Path) -> Path:
        if target == cache / "town" and path.parent.name == "new":
            happen()
        return rename(path, target)

    monkeypatch.setattr(moves, "exchange", exchange_late)
    monkeypatch.setattr(Path, "rename", rename_late)
    result = seg2vid("models", "pull", server.answer("/b.zip", content(new)), "--sha256", sha256(new), "--overwrite")
    assert result.exit_code == (1 if fault == "EIO" else 130)
    assert tree(cache) == (before if fault == "EIO" else unpacked(tmp_path / "town.zip"))
    assert [path.name for path in cache.iterdir()] == ["town"]


def test_the_name_of_a_bundled_model_is_taken(seg2vid, server, archive, cache, bundle):
    data = archive("alley")
    url = server.answer("/a.zip", content(data))
    result = seg2vid("models", "pull", url, "--sha256", sha256(data), "--overwrite")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        "error: alley: a bundled model has this name\n       The publisher has to give the model another one.\n"
    )
    assert list(cache.iterdir()) == []


def test_another_hash(seg2vid, server, archive, cache):
    data = archive()
    url = server.answer("/a.zip", content(data))
    result = seg2vid("models", "pull", url, "--sha256", "0" * 64)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        f"error: --sha256 {'0' * 64}: not the SHA-256 of {url}\n"
        "       It is another file than the one meant; nothing of it was kept.\n"
    )
    assert list(cache.iterdir()) == []


@pytest.mark.parametrize("hash_", ["", "abc", "g" * 64, "0" * 65, f"{'0' * 64}\n", f"sha256:{'0' * 64}"])
def test_a_hash_that_is_none(seg2vid, cache, hash_):
    result = seg2vid("models", "pull", "https://192.0.2.1/a.zip", "--sha256", hash_)
    assert (result.exit_code, result.stdout) == (2, "")
    shown = hash_.replace("\n", "?")  # or it would be two lines
    assert result.stderr.startswith(f"error: --sha256 {shown}: not 64 hexadecimal digits\n")
    assert not cache.exists()


def test_wrong_usage(seg2vid, cache):
    result = seg2vid("models", "pull", "https://192.0.2.1/a.zip")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "--sha256" in result.stderr
    result = seg2vid("models", "pull", "ftp://192.0.2.1/a.zip", "--sha256", "0" * 64)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("error: ftp://192.0.2.1/a.zip: not an https URL\n")
    assert not cache.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows words it otherwise")
def test_a_cache_that_cannot_be_written(seg2vid, server, archive, tmp_path):
    data = archive()
    (tmp_path / "cache").write_text("no folder")
    result = seg2vid("models", "pull", server.answer("/a.zip", content(data)), "--sha256", sha256(data))
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        f"error: {tmp_path / 'cache' / 'models'}: cannot be written: Not a directory\n"
        "       SEG2VID_CACHE=FOLDER in the environment puts the cache folder elsewhere.\n"
    )


def test_two_pulls_of_one_file_both_end_well(server, archive, cache, start_seg2vid, tmp_path):
    data = archive()
    together = threading.Barrier(2)

    def answer(handler: BaseHTTPRequestHandler) -> None:
        together.wait(timeout=60)
        content(data)(handler)

    words = ("models", "pull", server.answer("/a.zip", answer), "--sha256", sha256(data))
    for more in ((), ("--overwrite",)):
        processes = [start_seg2vid(*words, *more, cwd=tmp_path) for _ in range(2)]
        ends = [(*process.communicate(timeout=60), process.returncode) for process in processes]
        assert ends == [(f"{cache / 'town'}\n", "", 0)] * 2
        assert tree(cache) == unpacked(tmp_path / "town.zip")
        assert [path.name for path in cache.iterdir()] == ["town"]


def test_a_model_that_another_pull_has_brought_meanwhile_is_taken(
    *, seg2vid, start_seg2vid, server, archive, cache, tmp_path
):
    data = archive()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        if len(server.requested) == 1:
            other = start_seg2vid("models", "pull", url, "--sha256", sha256(data), cwd=tmp_path)
            assert other.communicate(timeout=60) == (f"{cache / 'town'}\n", "")
        content(data)(handler)

    url = server.answer("/a.zip", answer)
    result = seg2vid("models", "pull", url, "--sha256", sha256(data))
    assert (result.exit_code, result.stdout) == (0, f"{cache / 'town'}\n")
    assert tree(cache) == unpacked(tmp_path / "town.zip")


def test_messages_name_no_folder_that_is_gone(seg2vid, server, archive, cache, monkeypatch):
    def fail(archive: Path, folder: Path, source: str) -> None:
        raise OSError(28, "No space left on device", str(folder / "image.onnx"))

    monkeypatch.setattr(pull, "unpack_model", fail)
    data = archive()
    result = seg2vid("models", "pull", server.answer("/a.zip", content(data)), "--sha256", sha256(data))
    assert result.stderr.splitlines()[0] == f"error: {cache}: cannot be written: No space left on device"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_in_the_middle_leaves_nothing(server, archive, cache, start_seg2vid, number):
    url = server.answer("/a.zip", stalling(archive()))
    process = start_seg2vid("models", "pull", url, "--sha256", "0" * 64, cwd=cache.parent.parent)
    assert server.was_asked.wait(timeout=30)
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=30)
    line = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}[number]
    assert (process.returncode, stdout, stderr) == (128 + number, "", f"{line}\n")
    assert list(cache.iterdir()) == []


def test_the_order_of_names(seg2vid, cache, bundle, make_model):
    """A bundled model comes first, then a pulled one, then a folder."""
    cache.mkdir(parents=True)
    for name, parent in [("alley", cache), ("b", cache), ("alley", Path()), ("b", Path()), ("c", Path())]:
        make_model(name).rename(parent / name)
    found = {name: store.find_model(name) for name in ("alley", "b", "c", "./b")}
    assert found == {"alley": bundle / "alley", "b": cache / "b", "c": Path("c"), "./b": Path("b")}
    (cache / ".seg2vid-1-2").mkdir()
    assert store.model_names() == ["alley", "b"]
    result = seg2vid("models", "show", "d")
    assert result.stderr == "error: d: no such model and no such folder\n       Known models: alley, b.\n"


def test_the_cache_folder_is_the_system_s_by_default(monkeypatch, tmp_path):
    monkeypatch.setenv("SEG2VID_CACHE", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert store.pulled_models_folder().is_absolute()
    assert "seg2vid" in store.pulled_models_folder().parts
    assert store.pulled_models_folder().name == "models"
