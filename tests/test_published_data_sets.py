"""Two training steps on every data set in its published form, through the program itself."""

import json
from pathlib import Path

import pytest

import published_data
from street_data import TINY_IMAGE, TINY_UNLABELLED

IMAGE = TINY_IMAGE | {"height": "64", "width": "64", "rolled": "0", "driven": "0", "steps": "2", "sample_interval": "2"}
MOTION = TINY_UNLABELLED | {"steps": "2", "sample_interval": "2", "rollout_probability": "0"}
DATA_SETS = {
    "cityscapes": ("image", published_data.cityscapes, {"pictures": 4, "validation_pictures": 2}),
    "cityscapes sequences": (
        "image",
        lambda root: published_data.cityscapes(root, sequences=True, labels="ssmask"),
        {"pictures": 48, "validation_pictures": 24},
    ),
    "kitti": ("motion", published_data.kitti, {"pictures": 20, "clips": 2}),
    "kth": ("motion", published_data.kth, {"pictures": 48, "clips": 4}),
    "kth frames": ("motion", lambda root: published_data.kth(root, extracted=True), {"pictures": 48, "clips": 4}),
    "ucf101": ("motion", published_data.ucf101, {"pictures": 20, "clips": 2}),
    "pix2pixhd": ("image", published_data.pix2pixhd, {"pictures": 4, "validation_pictures": 2}),
    "video": ("motion", published_data.videos, {"pictures": 35, "clips": 3}),
}
READ_AS = {
    "cityscapes": "Cityscapes label ids",
    "cityscapes sequences": "Cityscapes train ids",
    "pix2pixhd": "Cityscapes label ids",
}


def flags(stage: str) -> list[str]:
    settings = IMAGE if stage == "image" else MOTION
    preset = [] if stage == "image" else ["--preset", "paper-no-labels"]
    return [*preset, *(flag for key, value in settings.items() for flag in ("--set", f"{key}={value}"))]


SLOW = ("video", "ucf101", "kth")  # which encode videos first


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if n in SLOW else n for n in DATA_SETS])
def test_two_steps(seg2vid, tmp_path, name):
    stage, make, counts = DATA_SETS[name]
    root = make(tmp_path / "data")
    arguments = ("train", stage, "--data", root, "--dataset", name.split()[0], "--out", "run", *flags(stage))
    result = seg2vid(*arguments, "--json", "--quiet")
    assert result.exit_code == 0, result.output
    data = json.loads(result.stdout)["data"]
    assert (data["step"], data["finished"]) == (2, True)
    assert {name: data["summary"][name] for name in counts} == counts
    assert any(measure.startswith("val_") for measure in data["metrics"])
    read_as = {str(root): READ_AS[name]} if name in READ_AS else None
    assert data["summary"].get("labels") == read_as
    assert len(list(Path("run/samples").glob("0000002.*"))) >= 1
