"""The package of backends/README.md: installed, found, used and tested as its author would; a broken one beside it."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seg2vid_interface.backend import ExportRequest
from seg2vid_interface.label_spaces import CITYSCAPES, LABEL_SPACES
from seg2vid_torch.export import exporting
from seg2vid_torch.networks.build import build_image_network, build_motion_network
from seg2vid_torch.settings.image import SpadeNetworkSettings
from seg2vid_torch.settings.motion import MotionNetworkSettings
from seg2vid_torch.stages.trained_stage import TrainedStage

ROOT = Path(__file__).parents[1]
README = ROOT / "backends" / "README.md"
STREET = ROOT / "examples" / "street.png"
Run = Callable[..., subprocess.CompletedProcess[str]]


def block_with(text: str) -> str:
    """Return the README's block of code that holds `text`."""
    blocks = re.findall(r"^```\w+\n(.*?)^```", README.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    (block,) = (block for block in blocks if text in block)
    return block


@pytest.fixture(scope="module")
def unmoved_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a model without camera: of a network of the paper's kind, as it is before any training."""
    folder, cityscapes = tmp_path_factory.mktemp("unmoved"), LABEL_SPACES["cityscapes"]
    settings = MotionNetworkSettings(width=1 / 16, refinement_width=1 / 64, chunk_frames=4)
    network = build_motion_network(settings, cityscapes).eval()
    stage = TrainedStage(
        "motion", network, settings.model_dump(mode="json"), cityscapes, 128, 256, 17.0, "paper", 0, 0, {}
    )
    image_settings = SpadeNetworkSettings(channels=(8, 8), hidden=8, style_size=4, discriminator_channels=(8, 8))
    generator = build_image_network(image_settings, cityscapes).eval()
    image = TrainedStage(
        "image", generator, image_settings.model_dump(mode="json"), cityscapes, 128, 256, None, "street", 0, 0, {}
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exporting, "read_stages", lambda _: {"image": image, "motion": stage})
        exporting.export(ExportRequest((), folder / "small"))
    return folder / "small"


@pytest.fixture(scope="module")
def still_package(tmp_path_factory: pytest.TempPathFactory, unmoved_model: Path) -> Path:
    """Write the README's package, with a model for its tests."""
    folder = tmp_path_factory.mktemp("seg2vid-still")
    shutil.copytree(unmoved_model, folder / "small")
    (folder / "pyproject.toml").write_text(block_with("[build-system]"))
    (folder / "seg2vid_still.py").write_text(block_with("class StillBackend"))
    (folder / "test_still.py").write_text(block_with("class TestStill"))
    return folder


@pytest.fixture(scope="module")
def broken_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a package whose import fails."""
    folder = tmp_path_factory.mktemp("seg2vid-broken")
    (folder / "pyproject.toml").write_text(block_with("[build-system]").replace("still", "broken"))
    (folder / "seg2vid_broken.py").write_text("import a_library_that_is_gone\n")
    return folder


@pytest.fixture(scope="module")
def run(still_package: Path, broken_package: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Install both packages into a folder and run Python with it: run("-m", "seg2vid_cli", "backends")."""
    packages = tmp_path_factory.mktemp("packages")
    pip = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-build-isolation", "--no-index", "--no-compile"]
    environment = os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PYTHONPATH": str(packages)}
    command = [*pip, "--target", str(packages), str(still_package), str(broken_package)]
    subprocess.run(command, env=environment, check=True, capture_output=True)

    def run_python(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, *map(str, arguments)]
        return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)

    return run_python


def test_it_is_listed_and_so_is_the_broken_one(run, tmp_path):
    result = run("-m", "seg2vid_cli", "backends", "--json", cwd=tmp_path)
    reports = {report["name"]: report for report in json.loads(result.stdout)["data"]["backends"]}
    assert {"torch", "still", "broken"} <= reports.keys()
    assert reports["still"] == {
        "name": "still",
        "package": "seg2vid-still",
        "abilities": ["generate"],
        "version": "1.0",
        "devices": ["cpu"],
        "precisions": ["fp32"],
        "reason": None,
    }
    assert reports["broken"] == {
        "name": "broken",
        "package": "seg2vid-broken",
        "abilities": [],
        "version": None,
        "devices": [],
        "precisions": [],
        "reason": "the package seg2vid-broken cannot be loaded: ModuleNotFoundError: No module named "
        "'a_library_that_is_gone': pip install --upgrade --force-reinstall seg2vid-broken",
    }


def test_it_makes_a_video_for_the_command_line(run, tmp_path, unmoved_model):
    train_ids = np.zeros((128, 256), np.uint8)
    train_ids[:64] = 10
    Image.fromarray(train_ids).save(tmp_path / "street.png")
    result = run(
        *("-m", "seg2vid_cli", "generate", "street.png", "--backend", "still", "--frames", 10),
        *("--model", unmoved_model),
        *("--format", "png", "-o", "out/", "--save", "labels"),
        cwd=tmp_path,
    )
    assert (result.returncode, result.stdout) == (0, "out/street\n")
    assert "backend still, device cpu, precision fp32" in result.stderr
    painted = np.array([label_class.color for label_class in CITYSCAPES.classes], np.uint8)[train_ids]
    frames = sorted((tmp_path / "out" / "street").iterdir())
    assert [path.name for path in frames] == [f"{number:06d}.png" for number in range(10)]
    assert all(np.array_equal(Image.open(path), painted) for path in frames)
    labels = sorted((tmp_path / "out" / "street.labels").iterdir())
    assert len(labels) == 10
    assert all(np.array_equal(Image.open(path), train_ids) for path in labels)


def test_it_passes_the_contract_as_its_author_would_run_it(run, still_package):
    result = run("-m", "pytest", "-W", "error", "-p", "no:cacheprovider", "test_still.py", cwd=still_package)
    assert re.search(r"= \d{2,} passed, \d+ skipped in ", result.stdout), result.stdout


def test_the_broken_one_is_named_by_those_who_ask_for_it(run, tmp_path):
    result = run("-m", "seg2vid_cli", "generate", STREET, "--backend", "broken", cwd=tmp_path)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.splitlines()[-2:] == [
        "error: backend broken: the package seg2vid-broken cannot be loaded: "
        "ModuleNotFoundError: No module named 'a_library_that_is_gone'",
        "       Install the package again, or remove it.",
    ]
