import json

import pytest

from seg2vid_cli.model_store import store


@pytest.fixture(autouse=True)
def no_models(tmp_path, monkeypatch):
    (tmp_path / "bundle").mkdir()
    monkeypatch.setattr(store, "BUNDLED_MODELS", tmp_path / "bundle")
    monkeypatch.setenv("SEG2VID_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def bundle(tmp_path, make_model):
    return make_model("alley").rename(tmp_path / "bundle" / "alley")


@pytest.fixture
def pulled(tmp_path, make_model):
    (tmp_path / "cache" / "models").mkdir(parents=True)
    return make_model("town").rename(tmp_path / "cache" / "models" / "town")


def row(name, origin, path):
    return {
        "name": name,
        "origin": origin,
        "path": str(path),
        "bytes": len("for tests alone") + len("image") + len("motion"),
        "licence": "LicenseRef-tiny",
        "description": "Moves its label map about.",
        "problem": None,
    }


def test_list(seg2vid, bundle, pulled):
    result = seg2vid("models", "list")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        "alley  bundled  0.0 MB  LicenseRef-tiny  Moves its label map about.\n"
        "town  pulled  0.0 MB  LicenseRef-tiny  Moves its label map about.\n"
    )
    assert json.loads(seg2vid("models", "list", "--json").stdout)["data"] == {
        "models": [row("alley", "bundled", bundle), row("town", "pulled", pulled)]
    }


def test_list_without_a_model(seg2vid):
    result = seg2vid("models", "list")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "no model is bundled, and none was pulled\n")


def test_list_tells_what_is_wrong_with_a_damaged_model(seg2vid, bundle, pulled):
    (pulled / "motion.weights").unlink()
    without_card = pulled.parent / "village"
    without_card.mkdir()
    result = seg2vid("models", "list")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        "alley  bundled  0.0 MB  LicenseRef-tiny  Moves its label map about.\n"
        f"town  pulled  damaged: {pulled}: the model's file motion.weights is missing\n"
        f"village  pulled  damaged: {without_card}: not a model folder, it has no model.json\n"
    )
    town, village = json.loads(seg2vid("models", "list", "--json").stdout)["data"]["models"][1:]
    assert town == row("town", "pulled", pulled) | {
        "bytes": len("for tests alone") + len("image"),
        "problem": f"{pulled}: the model's file motion.weights is missing",
    }
    assert village == {
        "name": "village",
        "origin": "pulled",
        "path": str(without_card),
        "bytes": None,
        "licence": None,
        "description": None,
        "problem": f"{without_card}: not a model folder, it has no model.json",
    }


def test_a_card_does_not_steer_the_terminal(seg2vid, pulled):
    card = json.loads((pulled / "model.json").read_text()) | {"description": "Red\x1b[31m,\nand more."}
    (pulled / "model.json").write_text(json.dumps(card))
    assert seg2vid("models", "list").stdout == "town  pulled  0.0 MB  LicenseRef-tiny  Red?[31m,?and more.\n"
    assert seg2vid("models", "show", "town").stdout.startswith("town: Red?[31m,?and more.\n")


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


def test_verify(seg2vid, bundle, pulled):
    result = seg2vid("models", "verify")
    lines = "alley: all 3 files are intact\ntown: all 3 files are intact\n"
    assert (result.exit_code, result.stdout, result.stderr) == (0, lines, "")
    assert json.loads(seg2vid("models", "verify", "town", "--json").stdout)["data"] == {
        "models": [{"name": "town", "path": str(pulled)}]
    }


def test_verify_without_a_model(seg2vid):
    result = seg2vid("models", "verify")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "no model is bundled and none was pulled, so there is nothing to verify\n"


def test_verify_finds_an_altered_file(seg2vid, bundle):
    (bundle / "LICENSE").write_text("do what you like")
    result = seg2vid("models", "verify")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        f"error: {bundle / 'LICENSE'}: altered, its SHA-256 is not the card's\n"
        "       Fetch or export the model again.\n"
    )


def test_verify_goes_on_after_a_damaged_model(seg2vid, bundle, pulled):
    (bundle / "LICENSE").write_text("do what you like")
    message, hint = f"{bundle / 'LICENSE'}: altered, its SHA-256 is not the card's", "Fetch or export the model again."
    result = seg2vid("models", "verify")
    assert (result.exit_code, result.stdout) == (1, "town: all 3 files are intact\n")
    assert result.stderr == f"error: {message}\n       {hint}\nerror: 1 of 2 models cannot be used\n"
    result = seg2vid("models", "verify", "--json")
    document = json.loads(result.stdout)
    assert (result.exit_code, document["ok"]) == (1, False)
    assert document["data"] == {
        "models": [{"name": "town", "path": str(pulled)}],
        "failures": [{"path": str(bundle), "code": "model", "message": message, "hint": hint}],
    }
    assert document["error"] == {"code": "model", "message": "1 of 2 models cannot be used", "hint": None}
