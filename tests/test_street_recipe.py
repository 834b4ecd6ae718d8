"""The recipe's script for a GPU by the minute, all of it on tiny data: packed, trained, brought back, gone on from."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seg2vid_torch.data.datasets.opening import open_data_sets
from seg2vid_torch.data.frame_store import load_frames
from seg2vid_torch.export.sources import read_stages
from street_data import TINY_IMAGE

SCRIPT = Path(__file__).parents[1] / "recipes/street/gpu.py"
SIZE = {"height": 64, "width": 128}


@pytest.fixture(scope="module")
def gpu():
    specification = importlib.util.spec_from_file_location("gpu", SCRIPT)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def streets(clips, tmp_path_factory):
    """A folder of stills and clips, both the same."""
    folder = tmp_path_factory.mktemp("streets")
    for kind in ("stills", "clips"):
        (folder / kind).symlink_to(clips)
    return folder


@pytest.fixture(scope="module")
def packed(gpu, streets, tmp_path_factory):
    """The data packed, without the networks and packages that would have to be fetched."""
    target = tmp_path_factory.mktemp("packed") / "pack"
    with pytest.MonkeyPatch.context() as patch:
        for name in ("_pack_frozen", "_pack_wheels"):
            patch.setattr(gpu, name, lambda _: None)
        gpu.pack(streets, target, **SIZE)
    return target


def test_what_is_unpacked_is_what_was_packed(gpu, packed, streets, tmp_path):
    from seg2vid_interface.label_spaces import CITYSCAPES

    assert gpu.unpack(packed, tmp_path) == tuple(SIZE.values())
    for kind in ("stills", "clips"):
        for split in ("train", "val"):
            before, after = (
                load_frames(open_data_sets([root / kind], CITYSCAPES), split, **SIZE, channels=3)
                for root in (streets, tmp_path)
            )
            assert after.clips == before.clips
            np.testing.assert_array_equal(after.labels, before.labels)
            difference = np.abs(after.images.int().numpy() - before.images.int().numpy())
            assert difference.mean() < 6


def test_weights_come_back_in_parts_and_are_gone_on_from(gpu, packed, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(gpu, "PART", 30_000)
    settings = {name: value for name, value in TINY_IMAGE.items() if name not in ("steps", "height", "width")}
    gpu.train(packed, tmp_path / "out", minutes=0.01, initial=None, settings=settings)
    parts = sorted((tmp_path / "out").glob("weights.safetensors.*"))
    assert len(parts) > 1
    assert max(part.stat().st_size for part in parts) <= 30_000
    assert (tmp_path / "out/DONE").read_text() == "finished\n"
    lines = (tmp_path / "out/metrics.jsonl").read_text().splitlines()
    assert json.loads(lines[-1])["samples_per_second"] > 0
    sheets = list((tmp_path / "out").glob("*.png"))
    assert sheets
    with Image.open(sheets[-1]) as sheet:
        assert sheet.width > 128
    weights = tmp_path / "weights.safetensors"
    gpu.join(tmp_path / "out", weights)
    assert read_stages((weights,))["image"].style_encoder is not None
    capsys.readouterr()
    gpu.train(packed, tmp_path / "again", minutes=0.001, initial=weights, settings=settings)
    assert json.loads(capsys.readouterr().out.splitlines()[1])["begun from"] == str(weights)


def test_nothing_to_join(gpu, tmp_path):
    with pytest.raises(SystemExit, match=r"holds no weights\.safetensors\.00"):
        gpu.join(tmp_path, tmp_path / "weights.safetensors")
