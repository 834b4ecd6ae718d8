import json

import pytest

from seg2vid_cli import model_store


@pytest.fixture
def bundle(tmp_path, make_model, monkeypatch):
    folder = make_model("alley")
    monkeypatch.setattr(model_store, "BUNDLED_MODELS", tmp_path)
    return folder


def test_list(seg2vid, bundle):
    result = seg2vid("models", "list")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "alley  0.0 MB  LicenseRef-tiny  Moves its label map about.\n"
    assert json.loads(seg2vid("models", "list", "--json").stdout)["data"] == {
        "models": [
            {
                "name": "alley",
                "path": str(bundle),
                "bytes": len("for tests alone") + len("image") + len("motion"),
                "licence": "LicenseRef-tiny",
                "description": "Moves its label map about.",
            }
        ]
    }


def test_list_without_a_bundled_model(seg2vid, tmp_path, monkeypatch):
    monkeypatch.setattr(model_store, "BUNDLED_MODELS", tmp_path)
    result = seg2vid("models", "list")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "no model is bundled\n")


def test_show(seg2vid, bundle):
    stage = """\
    parameters    12,345, 0.5 GFLOP a frame
    training      100 steps, preset tiny, seed 7
    data          drawings
    data licence  CC0-1.0
    quality       psnr 20.5
"""
    result = seg2vid("models", "show", "alley")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        f"""\
alley: Moves its label map about.
folder       {bundle}
licence      LicenseRef-tiny
             {bundle / "LICENSE"}
label space  cityscapes, 20 classes
size         32x64 (height x width)
clip         6 frames at 17 frames/s, 4 per chunk
image stage
    files         image.weights
{stage}motion stage
    files         motion.weights
{stage}"""
    )


def test_show_as_json_gives_the_card(seg2vid, bundle):
    data = json.loads(seg2vid("models", "show", bundle, "--json").stdout)["data"]
    card = json.loads((bundle / "model.json").read_text())
    assert data["path"] == str(bundle)
    assert {name: data["card"][name] for name in card if name != "label_space"} == {
        name: value for name, value in card.items() if name != "label_space"
    }


def test_verify(seg2vid, bundle):
    result = seg2vid("models", "verify")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "alley: all 3 files are intact\n", "")
    assert json.loads(seg2vid("models", "verify", "alley", "--json").stdout)["data"] == {
        "models": [{"name": "alley", "path": str(bundle)}]
    }


def test_verify_without_a_bundled_model(seg2vid, tmp_path, monkeypatch):
    monkeypatch.setattr(model_store, "BUNDLED_MODELS", tmp_path)
    result = seg2vid("models", "verify")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "no model is bundled, so there is nothing to verify\n"


def test_verify_finds_an_altered_file(seg2vid, bundle):
    (bundle / "LICENSE").write_text("do what you like")
    result = seg2vid("models", "verify")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        f"error: {bundle / 'LICENSE'}: altered, its SHA-256 is not the card's\n"
        "       Fetch or export the model again.\n"
    )
