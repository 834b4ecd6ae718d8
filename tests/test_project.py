"""The project as a whole: packaging, and what the documents promise."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from drawn_formats import FORMATS
from seg2vid_interface.graphs import KEY_FRAME_GRAPHS

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    return zipfile.ZipFile(path)


def test_the_wheel_holds_the_packages_and_nothing_else(wheel):
    names = set(wheel.namelist())
    packages = {top for top in (name.split("/")[0] for name in names) if not top.endswith((".dist-info", ".data"))}
    assert packages == {
        "seg2vid",
        "seg2vid_cli",
        "seg2vid_interface",
        "seg2vid_onnx",
        "seg2vid_openvino",
        "seg2vid_torch",
    }
    assert all(f"{package}/py.typed" in names for package in packages)
    assert "seg2vid_torch/presets/street.toml" in names
    assert names.issuperset(path.relative_to(ROOT).as_posix() for path in FORMATS.values())
    studio = ROOT / "seg2vid_cli" / "studio"
    files = [path for folder in ("page", "scenes") for path in (studio / folder).rglob("*") if path.is_file()]
    assert names.issuperset(path.relative_to(ROOT).as_posix() for path in files)
    folder = "seg2vid_cli/models/street/"
    model = {name.removeprefix(folder) for name in names if name.startswith(folder)}
    graphs_and_weights = {
        f"{stage}.{ending}" for stage in ("image", "style", "motion", "labels") for ending in ("onnx", "safetensors")
    }
    of_key_frames = {f"{name}.onnx" for name in KEY_FRAME_GRAPHS}
    assert model == graphs_and_weights | of_key_frames | {"model.json", "LICENSE"}


def test_the_wheel_puts_completions_where_shells_look(wheel):
    shared = "seg2vid-0.1.0.data/data/share"
    assert {name: wheel.read(name) for name in wheel.namelist() if ".data/" in name} == {
        f"{shared}/{place}": (ROOT / "completions" / file).read_bytes()
        for file, place in {
            "seg2vid.bash": "bash-completion/completions/seg2vid",
            "_seg2vid": "zsh/site-functions/_seg2vid",
            "seg2vid.fish": "fish/vendor_completions.d/seg2vid.fish",
        }.items()
    }


def test_the_wheels_metadata_name_both_licences(wheel):
    (metadata_path,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    metadata = wheel.read(metadata_path).decode()
    assert "License-Expression: Apache-2.0 AND LicenseRef-seg2vid-street-model" in metadata
    (entry_points_path,) = (name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    entry_points = wheel.read(entry_points_path).decode()
    for line in (
        "onnx = seg2vid_onnx.backend:OnnxBackend",
        "openvino = seg2vid_openvino.backend:OpenVinoBackend",
        "torch = seg2vid_torch.backend:TorchBackend",
    ):
        assert line in entry_points


def test_the_base_installation_needs_no_torch(wheel):
    (metadata_path,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    required = re.findall(r"^Requires-Dist: ([\w-]+)(?!.*extra ==)", wheel.read(metadata_path).decode(), re.MULTILINE)
    assert {"typer", "numpy", "onnxruntime", "onnxruntime-gpu"} <= set(required)
    assert not {"torch", "onnx", "openvino", "safetensors", "tensorboard"} & set(required)


def test_ci_runs_the_test_command_of_the_documents():
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    command = "pip install -c .ci/constraints.txt -e '.[dev]' && pytest"
    assert command in contributing
    steps = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert all(step in steps for step in ("\npip install -q -c .ci/constraints.txt -e '.[dev]'\n", "\npytest || "))


def test_every_dependency_is_pinned_for_ci():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [
        *project["dependencies"],
        *(name for extra in project["optional-dependencies"].values() for name in extra),
    ]
    names = {re.split(r"[^\w-]", requirement)[0].lower() for requirement in wanted} - {"seg2vid"}
    pinned = {line.split("==")[0].lower() for line in (ROOT / ".ci" / "constraints.txt").read_text().splitlines()}
    assert names <= pinned


def test_the_bundled_model_is_small_and_whole():
    from seg2vid_interface.model_card import open_model_folder

    folder = ROOT / "seg2vid_cli" / "models" / "street"
    card = open_model_folder(folder).card
    assert card.licence == "LicenseRef-seg2vid-street-model"
    assert sum(path.stat().st_size for path in folder.iterdir()) < 50e6
    assert set(card.stages) == {"image", "motion", "labels"}
    assert all("Cityscapes" in stage.data and stage.steps > 0 for stage in card.stages.values())


def test_the_repository_holds_what_it_should():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    assert {name.split("/")[0] for name in listed.stdout.splitlines()} <= {
        ".ci",
        ".github",
        ".gitattributes",
        ".gitignore",
        "CITATION.cff",
        "CONTRIBUTING.md",
        "LICENSE",
        "README.md",
        "backends",
        "completions",
        "docs",
        "examples",
        "pyproject.toml",
        "recipes",
        "seg2vid",
        "seg2vid_cli",
        "tests",
    }


def test_no_picture_is_opened_as_whatever_it_claims_to_be():
    """Pillow runs Ghostscript for a PostScript file, whatever its name: every call names what it expects."""
    calls = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for folder in ("seg2vid", "seg2vid_cli", "backends", "recipes", "docs", "examples")
        for path in (ROOT / folder).rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.count("Image.open(") > line.count("formats=")
    ]
    assert calls == []
