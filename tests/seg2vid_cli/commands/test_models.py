import json
from pathlib import Path

import pytest

from seg2vid_cli.model_store import store


@pytest.fixture(autouse=True)
def no_models(tmp_path, monkeypatch):
    (tmp_path / "bundle").mkdir()
    monkeypatch.setattr(store, "BUNDLED_MODELS", tmp_path / "bundle")
    monkeypatch.setenv("SEG2VID_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "200")  # of the terminal


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
        "alley  bundled     0.0 MB  LicenseRef-tiny  Moves its label map about.\n"
        "town   pulled      0.0 MB  LicenseRef-tiny  Moves its label map about.\n"
    )
    assert json.loads(seg2vid("models", "list", "--json").stdout)["data"] == {
        "models": [row("alley", "bundled", bundle), row("town", "pulled", pulled)]
    }


STRANGE = {
    "deep": '{"a":' * 100_000,
    "numbers": '{"format_version": 2, "height": ' + "9" * 5000 + "}",
    "list": "[]",
    "binary": "\0\0",
}


def test_a_bad_pulled_card_does_not_hide_the_others(seg2vid, bundle, pulled, make_model):
    for name, text in STRANGE.items():
        (pulled.parent / name).mkdir()
        (pulled.parent / name / "model.json").write_text(text)
    changed = {
        "long": {"licence_files": {"x" * 300: "0" * 64}},
        "half": {"description": "\ud800\u202e\x1b[2J"},
        "stageless": {"stages": {}},
        "zero": {"sizes": {"multiple": 0}},
    }
    for name, change in changed.items():
        folder = make_model(name).rename(pulled.parent / name)
        card = json.loads((folder / "model.json").read_text())
        (folder / "model.json").write_text(json.dumps(card | change))
    result = seg2vid("models", "list")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = {line.split()[0]: line for line in result.stdout.splitlines()}
    assert list(lines) == ["alley", *sorted([*STRANGE, *changed, "town"])]
    assert lines["town"].split(maxsplit=2)[2].strip() == "0.0 MB  LicenseRef-tiny  Moves its label map about."
    assert lines["half"].endswith("???[2J")
    assert all("damaged: " in lines[name] for name in (*STRANGE, "long", "stageless", "zero"))
    listed = json.loads(seg2vid("models", "list", "--json").stdout)["data"]["models"]
    assert [entry["name"] for entry in listed] == list(lines)
    for command in (("show", "zero"), ("verify",)):
        assert "internal error" not in seg2vid("models", *command).stderr


def test_a_folder_that_cannot_be_searched_does_not_hide_the_others(seg2vid, bundle, pulled, monkeypatch):
    is_file = Path.is_file

    def refusing(path: Path) -> bool:
        if path.parent == pulled:
            raise PermissionError(13, "Permission denied", str(path))
        return is_file(path)

    monkeypatch.setattr(Path, "is_file", refusing)
    result = seg2vid("models", "list")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines()[1].endswith(f"damaged: {pulled}: cannot be read: Permission denied")


def test_lists_lines_fit_the_terminal(seg2vid, monkeypatch, bundle, pulled):
    monkeypatch.setenv("COLUMNS", "60")
    assert seg2vid("models", "list").stdout == (
        "alley  bundled     0.0 MB  LicenseRef-tiny  Moves its lab...\n"
        "town   pulled      0.0 MB  LicenseRef-tiny  Moves its lab...\n"
    )


def test_list_says_what_a_model_has_that_is_not_whole(seg2vid, bundle):
    """Two stages in two formats and a licence, of which one stage's weights and the licence are missing."""
    card = json.loads((bundle / "model.json").read_text())
    for stage in card["stages"].values():
        stage["files"] |= {name.replace("weights", "onnx"): sha256 for name, sha256 in stage["files"].items()}
    (bundle / "model.json").write_text(json.dumps(card))
    for file in bundle.glob("*.weights"):
        (bundle / f"{file.stem}.onnx").write_bytes(file.read_bytes())
    (bundle / "image.weights").unlink()
    (bundle / "LICENSE").unlink()
    line = "alley  bundled     0.0 MB  LicenseRef-tiny  onnx only: Moves its label map about.\n"
    assert seg2vid("models", "list").stdout == line
    (listed,) = json.loads(seg2vid("models", "list", "--json").stdout)["data"]["models"]
    assert listed == row("alley", "bundled", bundle) | {"bytes": len("image") + 2 * len("motion")}
    assert "files         image.weights (missing), image.onnx\n" in seg2vid("models", "show", "alley").stdout
    result = seg2vid("models", "verify", "alley")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        f"error: {bundle}: 2 of 5 files are missing: LICENSE, image.weights\n"
        "       The others are intact, and enough for a backend that needs no more of them.\n"
    )


def test_list_without_a_model(seg2vid):
    result = seg2vid("models", "list")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "no model is bundled, and none was pulled\n")


def test_list_tells_what_is_wrong_with_a_damaged_model(seg2vid, bundle, pulled):
    (pulled / "motion.weights").unlink()
    village = pulled.parent / "village"
    village.mkdir()
    result = seg2vid("models", "list")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        "alley    bundled     0.0 MB  LicenseRef-tiny  Moves its label map about.\n"
        f"town     pulled      0.0 MB  LicenseRef-tiny  damaged: {pulled}: the model's file motion.weights is missing\n"
        f"village  pulled           -  -                damaged: {village}: not a model folder, it has no model.json\n"
    )
    town_row, village_row = json.loads(seg2vid("models", "list", "--json").stdout)["data"]["models"][1:]
    assert town_row == row("town", "pulled", pulled) | {
        "bytes": len("for tests alone") + len("image"),
        "problem": f"{pulled}: the model's file motion.weights is missing",
    }
    assert village_row == {
        "name": "village",
        "origin": "pulled",
        "path": str(village),
        "bytes": None,
        "licence": None,
        "description": None,
        "problem": f"{village}: not a model folder, it has no model.json",
    }


def test_a_card_does_not_steer_the_terminal(seg2vid, pulled):
    card = json.loads((pulled / "model.json").read_text()) | {"description": "Red\x1b[31m,\nand more."}
    (pulled / "model.json").write_text(json.dumps(card))
    assert seg2vid("models", "list").stdout == "town  pulled     0.0 MB  LicenseRef-tiny  Red?[31m,?and more.\n"
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
other sizes  multiples of 1, at least 1
can          first frames from labels, clips, labels of every frame, styles by seed, pictures known in part
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
    assert data["can"][:2] == ["first frames from labels", "clips"]
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
        f"error: {bundle}: altered, by the card's SHA-256: LICENSE\n       Fetch or export the model again.\n"
    )


def test_verify_goes_on_after_a_damaged_model(seg2vid, bundle, pulled):
    (bundle / "LICENSE").write_text("do what you like")
    message, hint = f"{bundle}: altered, by the card's SHA-256: LICENSE", "Fetch or export the model again."
    result = seg2vid("models", "verify")
    assert (result.exit_code, result.stdout) == (1, "town: all 3 files are intact\n")
    assert result.stderr == f"error: {message}\n       {hint}\nerror: 1 of 2 models are damaged or not whole\n"
    result = seg2vid("models", "verify", "--json")
    document = json.loads(result.stdout)
    assert (result.exit_code, document["ok"]) == (1, False)
    assert document["data"] == {
        "models": [{"name": "town", "path": str(pulled)}],
        "failures": [{"path": str(bundle), "code": "model", "message": message, "hint": hint}],
    }
    assert document["error"] == {"code": "model", "message": "1 of 2 models are damaged or not whole", "hint": None}


def test_remove(seg2vid, bundle, pulled):
    assert seg2vid("models", "remove", "town", "town").stdout == "town: removed\n"
    assert list(pulled.parent.iterdir()) == []
    assert bundle.is_dir()
    pulled.mkdir()
    document = json.loads(seg2vid("models", "remove", "town", "--json").stdout)
    assert document["data"] == {"models": [{"name": "town", "path": str(pulled)}]}


def test_remove_needs_a_name(seg2vid, pulled):
    result = seg2vid("models", "remove")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "NAME" in result.stderr
    assert pulled.is_dir()
