"""`seg2vid backends`, with the fake backends beside the real ones."""

import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.usefixtures("fake_backends")

MEND = "pip install --upgrade --force-reinstall seg2vid-fakes"
REASONS = {
    "broken": "the package seg2vid-fakes cannot be loaded: "
    f"ModuleNotFoundError: No module named 'package_that_is_not_there': {MEND}",
    "nothing": f"fake_backend:NoBackend of the package seg2vid-fakes is no backend: {MEND}",
    "uninstalled": "Fake is not installed: pip install fake",
}
STATUS_REASONS = {
    "raising": "its status() raised OSError: driver: version mismatch: "
    "pip install --upgrade --force-reinstall seg2vid-mutes",
    "wordless": "its status() gave None: pip install --upgrade --force-reinstall seg2vid-mutes",
}


@pytest.fixture
def mute_backends(fake_packages: Path) -> None:
    """Install backends whose status fails."""
    distribution = fake_packages / "seg2vid_mutes-1.0.dist-info"
    distribution.mkdir()
    (distribution / "METADATA").write_text("Metadata-Version: 2.1\nName: seg2vid-mutes\nVersion: 1.0\n")
    (distribution / "entry_points.txt").write_text(
        "[seg2vid.backends]\nraising = fake_backend:RaisingBackend\nwordless = fake_backend:WordlessBackend\n"
    )


def test_every_backend_is_listed_with_what_it_can_do(seg2vid):
    result = seg2vid("backends")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[:2] == [
        "fake 1.0 (from seg2vid-fakes): generate, train, export",
        "    devices cpu; precisions fp32",
    ]
    unusable = [f"{name}: cannot be used: {reason}" for name, reason in REASONS.items()]
    assert [*lines[2:4], lines[-1]] == unusable
    assert any(line.startswith("torch 2") and "(from seg2vid): generate, train, export" in line for line in lines)


@pytest.mark.usefixtures("mute_backends")
def test_one_whose_status_fails_does_not_break_the_list(seg2vid):
    result = seg2vid("backends")
    assert (result.exit_code, result.stderr) == (0, "")
    unusable = [f"{name}: cannot be used: {reason}" for name, reason in STATUS_REASONS.items()]
    assert [line for line in result.stdout.splitlines() if "seg2vid-mutes" in line] == unusable


@pytest.mark.usefixtures("mute_backends")
def test_json(seg2vid):
    reports = {
        report["name"]: report for report in json.loads(seg2vid("backends", "--json").stdout)["data"]["backends"]
    }
    assert next(iter(reports)) == "fake"
    assert reports["fake"] == {
        "name": "fake",
        "package": "seg2vid-fakes",
        "abilities": ["generate", "train", "export"],
        "version": "1.0",
        "devices": ["cpu"],
        "precisions": ["fp32"],
        "reason": None,
    }
    for name, reason in (REASONS | STATUS_REASONS).items():
        assert reports[name] == {
            "name": name,
            "package": "seg2vid-fakes" if name in REASONS else "seg2vid-mutes",
            "abilities": [],
            "version": None,
            "devices": [],
            "precisions": [],
            "reason": reason,
        }
