"""`seg2vid data` through the program, with the backend that trains."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import published_data
from published_data import frame, save, street
from street_data import TINY_IMAGE

SETTINGS = TINY_IMAGE | {"height": "64", "width": "64", "steps": "2", "rolled": "0", "driven": "0"}
SMALL = [flag for key, value in SETTINGS.items() for flag in ("--set", f"{key}={value}")]


@pytest.fixture
def clips(tmp_path):
    for split, count in (("train", 5), ("val", 2)):
        for number in range(count):
            save(frame(number), tmp_path / "clips" / split / "drive" / "images" / f"{number}.png")
            save(street(number), tmp_path / "clips" / split / "drive" / "labels" / f"{number}.png")
    return tmp_path / "clips"


def test_a_data_set_is_described(seg2vid, clips):
    result = seg2vid("data", "check", clips, "--size", "128x128", "--sheet", "sheet.png")
    assert (result.exit_code, result.stderr) == (0, "")
    train, shares, held_out, _, speed = result.stdout.splitlines()
    assert train == "train: 1 clips, 5 frames, 5 in the longest; 128x128: 5"
    labels = np.concatenate([street(number).ravel() for number in range(5)])
    assert f"    Cityscapes train ids: road {(labels == 0).mean():.1%}, " in shares
    assert held_out == "val: 1 clips, 2 frames, 2 in the longest; 128x128: 2"
    assert speed.endswith(" frames/s are read")
    with Image.open("sheet.png", formats=("PNG",)) as sheet:
        assert (sheet.mode, sheet.width) == ("RGB", 4 * (128 + 4) + 4)
        column = np.asarray(sheet)[:, 4 : 4 + 128]
    assert any(np.array_equal(column[top : top + 128], frame(0)) for top in range(40)), "below its caption"
    again = seg2vid("data", "check", clips, "--sheet", "sheet.png")
    assert (again.exit_code, again.stderr.splitlines()[0]) == (1, "error: sheet.png: exists already")


def test_json_holds_all_of_it(seg2vid, clips):
    result = seg2vid("data", "check", clips, "--size", "128x128", "--json")
    data = json.loads(result.stdout)["data"]
    assert data["labels"] == "Cityscapes train ids"
    train = data["splits"]["train"]
    shares = train.pop("shares")
    assert train == {
        "clips": 1,
        "frames": 5,
        "longest": 5,
        "sizes": {"128x128": 5},
        "missing": [],
        "unreadable": [],
        "notes": [],
    }
    assert sum(shares.values()) == pytest.approx(1, abs=1e-3)
    assert data["sheet"] is None
    assert data["read_per_second"] > 0


def test_what_is_missing_or_cannot_be_read_is_named(seg2vid, clips):
    folder = clips / "train" / "drive"
    (folder / "labels" / "2.png").unlink()
    (folder / "images" / "4.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    save(np.full((128, 128), 77, np.uint8), clips / "val" / "drive" / "labels" / "0.png")
    result = seg2vid("data", "check", clips, "--json")
    answer = json.loads(result.stdout)
    train, held_out = answer["data"]["splits"]["train"], answer["data"]["splits"]["val"]
    assert (result.exit_code, train["frames"], train["missing"]) == (1, 3, [str(folder / "labels" / "2.png")])
    (fault,) = train["unreadable"]
    assert fault.startswith(f"{folder / 'images' / '4.png'}: not a readable picture")
    (fault,) = held_out["unreadable"]
    assert (
        fault == f"{clips / 'val' / 'drive' / 'labels' / '0.png'}: holds values that are not those of Cityscapes "
        "train ids: 77"
    )
    assert answer["error"]["message"] == f"{clips}: 1 files are missing, {folder / 'labels' / '2.png'}"
    lines = seg2vid("data", "check", clips).stdout.splitlines()
    assert f"    missing: {folder / 'labels' / '2.png'}" in lines
    training = seg2vid("train", "image", "--data", clips, "--out", "run", *SMALL)
    assert training.exit_code == 1, "as was said"
    assert f"error: {folder / 'labels' / '2.png'}: missing" in training.stderr


def test_data_sets_without_labels_are_checked_all_the_same(seg2vid, tmp_path):
    root = published_data.kth(tmp_path / "kth")
    result = seg2vid("data", "check", root, "--dataset", "kth", "--json")
    data = json.loads(result.stdout)["data"]
    assert data["labels"] is None
    assert [data["splits"][split]["clips"] for split in ("train", "val")] == [4, 2]
    root = published_data.cityscapes(tmp_path / "cityscapes", sequences=True)
    result = seg2vid("data", "check", root, "--dataset", "cityscapes")
    assert "44 of 48 frames have no label map" in result.stdout


def test_a_packed_data_set_is_trained_on(seg2vid, clips):
    result = seg2vid("data", "pack", clips, "-o", "packed", "--size", "64x64", "--json", "--quiet")
    assert (result.exit_code, result.stderr) == (0, "")
    data = json.loads(result.stdout)["data"]
    sizes = [path.stat().st_size for path in Path("packed").glob("*.tar")]
    assert data == {
        "folder": "packed",
        "frames": {"train": 5, "val": 2},
        "files": 2,
        "bytes": sum(sizes),
        "unreadable": [],
    }
    training = seg2vid("train", "image", "--data", "packed", "--out", "run", *SMALL, "--json")
    summary = json.loads(training.stdout)["data"]["summary"]
    assert (summary["pictures"], summary["validation_pictures"]) == (5, 2)
    assert summary["read_per_second"] > 0
    refused = seg2vid("data", "check", "packed")
    assert (refused.exit_code, refused.stderr.splitlines()[0]) == (1, "error: packed: a packed data set")


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--dataset", "imagenet"], "Invalid value for '--dataset': 'imagenet' is not one of"),
        (["--label-space", "mine"], "--label-space mine: unknown"),
        (["--label-format", "mine"], "--label-format: 'mine' is not known"),
        (["--size", "128"], "--size 128: not HEIGHTxWIDTH"),
        (["--fps", "0"], "--fps 0.0: must be between 0.1 and 1000"),
        (["--sheet", "a.jpg"], "--sheet a.jpg: a sheet is a .png picture"),
    ],
)
def test_wrong_usage(seg2vid, clips, flags, message):
    result = seg2vid("data", "check", clips, *flags)
    assert (result.exit_code, message in result.stderr) == (2, True), result.stderr
