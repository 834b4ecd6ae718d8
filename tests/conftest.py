"""A backend, a model, a label map and the program itself, for the tests of the command line."""

import gc
import hashlib
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from seg2vid_cli import plugins
from seg2vid_cli.app import app
from seg2vid_interface.cores import available_cores
from seg2vid_interface.driving.paths import PATH_CODE
from seg2vid_interface.label_spaces import CITYSCAPES

pytest_plugins = ["trained_models"]

Program = Callable[..., Result]

ENTRY_POINTS = """\
[seg2vid.backends]
fake = fake_backend:FakeBackend
uninstalled = fake_backend:BrokenRuntimeBackend
broken = package_that_is_not_there:Backend
nothing = fake_backend:NoBackend
"""
LAUNCHER = """\
import signal
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # tests may run under nohup
from seg2vid_cli import app, plugins
plugins.AUTO_ORDER, plugins.CUDA_ORDER = {auto_order!r}, ()
app.main()
"""


MAKES_THE_MODELS = "seg2vid_onnx/test_contract.py"  # uses those below, but for what slow tests alone use
EXPORTED_MODELS = {
    "graph_model",
    "half_graph_model",
    "grey_graph_model",
    "label_id_graph_model",
    "key_frame_graph_model",
}
MOST_PROCESSES = 4  # each holds a PyTorch


def pytest_configure(config: pytest.Config) -> None:
    """Undo what a shell does to what it runs in the background: tests send Ctrl-C to programs, which inherit this.

    Set here, before PyTorch is imported, is also what makes tests quick on any machine: a thread a process, as tiny
    networks only wait for the others; and for exports, which make a million objects and no garbage and compare sizes in
    SymPy, a rare look for garbage and a cache of every comparison.  Processes side by side have a core each.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    gc.set_threshold(200_000, 50, 1000)
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # for tests that import ONNX Runtime themselves
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # or every program that a test starts compiles seg2vid again
    os.environ.setdefault("SYMPY_CACHE_SIZE", "None")
    if hasattr(config, "workerinput") and hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[int(config.workerinput["workerid"].removeprefix("gw")) % len(cores)]})


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Run the whole suite side by side; tests that were named, and those of the one GPU, in this process."""
    named = config.args_source != pytest.Config.ArgsSource.TESTPATHS or config.option.keyword
    alone = named or config.option.markexpr == "gpu" or config.option.collectonly
    return 0 if alone else min(available_cores(), MOST_PROCESSES)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out slow and GPU tests that were not asked for, and put the files in a good order.

    One process makes the models, in the first file, while others run what needs none; what uses them comes last.
    """
    unasked = {name for name in ("slow", "gpu") if name not in config.option.markexpr}
    unwanted = [item for item in items if unasked & {marker.name for marker in item.iter_markers()}]
    config.hook.pytest_deselected(items=unwanted)
    items[:] = [item for item in items if item not in unwanted]
    users = [item for item in items if EXPORTED_MODELS & set(getattr(item, "fixturenames", ()))]
    first = {item.path for item in users if item.path.as_posix().endswith(MAKES_THE_MODELS)}
    last = {item.path for item in users} - first
    tests = Counter(item.path for item in items)
    # Of those that come last the largest go first, so that no process is left with one while the others have done.
    items.sort(key=lambda item: (1, -tests[item.path]) if item.path in last else (-(item.path in first), 0))


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the developer's own cache folder out of the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEG2VID_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def seg2vid(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Program:
    """Run the program in this process: seg2vid("generate", path) -> exit_code, stdout and stderr."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("SEG2VID_CACHE", str(tmp_path / "cache"))
    return lambda *args: CliRunner().invoke(app, [str(arg) for arg in args])


@pytest.fixture
def fake_packages(tmp_path: Path) -> Path:
    """Return a folder for sys.path, in which a distribution with fake backends is installed."""
    packages = tmp_path / "packages"
    distribution = packages / "seg2vid_fakes-1.0.dist-info"
    distribution.mkdir(parents=True)
    (distribution / "METADATA").write_text("Metadata-Version: 2.1\nName: seg2vid-fakes\nVersion: 1.0\n")
    (distribution / "entry_points.txt").write_text(ENTRY_POINTS)
    return packages


@pytest.fixture
def fake_backends(fake_packages: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install the fake backends for this process; "auto" means the one called fake."""
    monkeypatch.syspath_prepend(fake_packages)
    monkeypatch.setattr(plugins, "AUTO_ORDER", ("fake",))
    monkeypatch.setattr(plugins, "CUDA_ORDER", ())


@pytest.fixture
def start_seg2vid(fake_packages: Path) -> Callable[..., subprocess.Popen[str]]:
    """Start the program as a process of its own, with the fake backends."""

    def start(
        *args: object, cwd: Path, stdout: int = subprocess.PIPE, auto_order: tuple[str, ...] = ("fake",)
    ) -> subprocess.Popen[str]:
        path = os.pathsep.join([str(fake_packages), str(Path(__file__).parent)])
        return subprocess.Popen(
            [sys.executable, "-c", LAUNCHER.format(auto_order=auto_order), *map(str, args)],
            cwd=cwd,
            env=os.environ | {"PYTHONPATH": path},
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


@pytest.fixture
def make_model(tmp_path: Path) -> Callable[..., Path]:
    """Write a model folder of 32x64 pixels; settings of the motion stage's network steer the fake backend."""

    def make(
        name: str = "tiny",
        *,
        with_labels: bool = True,
        reads_styles: bool = False,
        segments: bool = False,
        sizes: dict[str, int] | None = None,
        camera: dict[str, float] | None = None,
        **network: float,
    ) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        card = {
            "format_version": 2,
            "name": name,
            "description": "Moves its label map about.",
            "licence": "LicenseRef-tiny",
            "licence_files": {"LICENSE": _write_hashed(folder / "LICENSE", "for tests alone")},
            "label_space": asdict(CITYSCAPES) if with_labels else None,
            "height": 32,
            "width": 64,
            "chunk_frames": 4,
            "frames_per_second": 17.0,
            "frames": 6,
            "latent_size": 2 if camera is None else PATH_CODE,
            **({"sizes": sizes} if sizes else {}),
            **({} if camera is None else {"camera": camera}),
            "style_size": 3,
            "texture": True,
            "hints": True,
            "stages": {stage: _stage(folder, stage, network) for stage in ("image", "motion")},
        }
        if segments:
            card["stages"]["labels"] = _stage(folder, "labels", {})
        if reads_styles:
            card["stages"]["image"]["files"]["style.weights"] = _write_hashed(folder / "style.weights", "style")
        (folder / "model.json").write_text(json.dumps(card))
        return folder

    return make


@pytest.fixture
def model(make_model: Callable[..., Path]) -> Path:
    """Return the folder of the model "tiny"."""
    return make_model()


@pytest.fixture
def street(tmp_path: Path) -> Path:
    """Return a label map of 32x64 train ids: road below, sky and a building above, a car between them."""
    train_ids = np.full((32, 64), 10, np.uint8)
    train_ids[4:16, 40:] = 2
    train_ids[16:] = 0
    train_ids[12:20, 20:34] = 13
    path = tmp_path / "street.png"
    Image.fromarray(train_ids).save(path)
    return path


def _stage(folder: Path, stage: str, network: dict[str, float]) -> dict[str, Any]:
    return {
        "network": network,
        "files": {f"{stage}.weights": _write_hashed(folder / f"{stage}.weights", stage)},
        "parameters": 12345,
        "gflop_per_frame": 0.5,
        "preset": "tiny",
        "steps": 100,
        "seed": 7,
        "data": "drawings",
        "data_licence": "CC0-1.0",
        "quality": {"psnr": 20.5},
    }


def _write_hashed(path: Path, text: str) -> str:
    path.write_text(text)
    return hashlib.sha256(text.encode()).hexdigest()
