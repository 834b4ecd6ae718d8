import json
from pathlib import Path

import pytest

from seg2vid_cli.commands.export import format_bytes

pytestmark = pytest.mark.usefixtures("fake_backends")


def test_the_folder_is_the_result(seg2vid):
    result = seg2vid("export", "runs/image", "runs/motion", "-o", "town")
    assert (result.exit_code, result.stdout) == (0, "town\n")
    assert result.stderr == "image.safetensors 10 bytes\nmotion.safetensors 10 bytes\n"


def test_sizes_have_a_suitable_unit():
    assert [format_bytes(size) for size in (999, 5300, 4_471_000)] == ["999 bytes", "5.3 kB", "4.5 MB"]


def test_json(seg2vid):
    result = seg2vid("export", "runs/image", "-o", "town", "--json", "--quiet")
    assert result.stderr == ""
    assert json.loads(result.stdout)["data"] == {
        "folder": "town",
        "name": "town",
        "stages": ["image"],
        "files": {"image.safetensors": 10},
        "agreement": [],
    }


def test_the_card_s_file_is_handed_on(seg2vid):
    Path("card.toml").write_text("four")
    result = seg2vid("export", "runs/image", "-o", "town", "--card", "card.toml", "--json")
    assert json.loads(result.stdout)["data"]["files"]["card"] == 4
