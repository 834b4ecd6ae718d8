import json

import pytest

pytestmark = pytest.mark.usefixtures("fake_backends")


def test_every_backend_is_listed_with_what_it_can_do(seg2vid):
    result = seg2vid("backends")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = [line for line in result.stdout.splitlines() if "torch" not in line]
    assert lines[:4] == [
        "fake 1.0 (from seg2vid-fakes): generate, train, export",
        "    devices cpu; precisions fp32",
        "broken: cannot be used: backend broken: the package seg2vid-fakes cannot be loaded: "
        "ModuleNotFoundError: No module named 'package_that_is_not_there'",
        "nothing: cannot be used: backend nothing: fake_backend:NoBackend of the package seg2vid-fakes is no backend",
    ]
    assert lines[-1] == "uninstalled: cannot be used: Fake is not installed: pip install fake"


def test_json(seg2vid):
    reports = json.loads(seg2vid("backends", "--json").stdout)["data"]["backends"]
    assert [report["name"] for report in reports] == ["fake", "broken", "nothing", "torch", "uninstalled"]
    assert reports[0] == {
        "name": "fake",
        "package": "seg2vid-fakes",
        "abilities": ["generate", "train", "export"],
        "version": "1.0",
        "devices": ["cpu"],
        "precisions": ["fp32"],
        "reason": None,
    }
    assert reports[-1] == {
        "name": "uninstalled",
        "package": "seg2vid-fakes",
        "abilities": [],
        "version": None,
        "devices": [],
        "precisions": [],
        "reason": "Fake is not installed: pip install fake",
    }
