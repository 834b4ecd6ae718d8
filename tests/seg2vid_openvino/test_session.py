"""Models opened with OpenVINO: against PyTorch, and what cannot be opened."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from seg2vid_cli.trial.agreement import measure_agreement
from seg2vid_cli.trial.sample_scene import sample_request
from seg2vid_interface.backend import OpenOptions
from seg2vid_interface.errors import BackendError, DeviceError, MissingWeightsError, UsageError
from seg2vid_interface.model_card import ModelFolder
from seg2vid_openvino import backend, runtime
from seg2vid_openvino.backend import OpenVinoBackend
from seg2vid_openvino.runtime import cpu_precisions
from seg2vid_torch.backend import TorchBackend

BEST = cpu_precisions()[-1]
needs_bf16 = pytest.mark.skipif(BEST != "bf16", reason="this CPU has no bf16")


@pytest.mark.parametrize("size", [None, (192, 128)])
@pytest.mark.parametrize("precision", ["fp32", pytest.param("bf16", marks=needs_bf16)])
def test_it_agrees_with_pytorch_over_24_frames(graph_model, precision, size, capsys):
    with (
        TorchBackend().open(graph_model, OpenOptions("cpu", "fp32", size)) as torch_session,
        OpenVinoBackend().open(graph_model, OpenOptions("cpu", precision, size)) as openvino_session,
    ):
        agreement = measure_agreement(torch_session, openvino_session, graph_model.card, samples=1)
    with capsys.disabled():
        print(f"\nopenvino {precision} at {size or 'its own size'} against torch:", *agreement.lines(), sep="\n")  # noqa: T201
    assert agreement.problem() is None
    flows = [found for found in agreement.differences if found.unit == "px"]
    assert len(flows) == 2
    assert all(found.mean < 0.05 for found in flows)  # in bf16 too: only what is learned has lost digits


def test_it_takes_the_best_precision_by_itself(graph_model):
    with OpenVinoBackend().open(graph_model, OpenOptions()) as session:
        assert (session.device, session.precision) == ("cpu", BEST)


def test_it_imports_no_other_runtime_and_tells_nobody(graph_model, tmp_path):
    """Generates a video in a process that has no other runtime, and leaves nothing in the user's home folder.

    OpenVINO's telemetry, once imported, would write an identity there.
    """
    labels = Path(__file__).parents[2] / "examples" / "street.png"
    home = tmp_path / "home"
    home.mkdir()
    code = (
        "import sys\n"
        "for name in ('torch', 'onnx', 'onnxruntime', 'safetensors'): sys.modules[name] = None\n"
        "from seg2vid_cli.app import main\n"
        "try: main()\n"
        "finally: assert 'openvino_telemetry' not in sys.modules"
    )
    command = [sys.executable, "-c", code, "generate", labels, "--model", graph_model.path, "-o", "out.mp4", "--json"]
    result = subprocess.run(
        [*command, "--frames=6", "--backend=openvino"],
        cwd=tmp_path,
        env=os.environ | {"HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    made = json.loads(result.stdout)["data"]
    assert (made["backend"], made["device"], made["precision"]) == ("openvino", "cpu", BEST)
    assert (tmp_path / "out.mp4").stat().st_size > 1000
    assert not list(home.iterdir())


def test_a_model_without_graphs_names_the_command_that_makes_them(graph_model):
    stages = {
        name: stage.model_copy(update={"files": {f"{name}.safetensors": ""}})
        for name, stage in graph_model.card.stages.items()
    }
    model = ModelFolder(graph_model.path, graph_model.card.model_copy(update={"stages": stages}))
    with pytest.raises(MissingWeightsError) as caught:
        OpenVinoBackend().open(model, OpenOptions())
    assert caught.value.hint == f"Make it: seg2vid export {model.path} --onnx -o NEW-FOLDER"


@pytest.mark.parametrize(
    ("device", "kind", "message"),
    [
        ("cuda", DeviceError, "--device cuda: OpenVINO has no CUDA"),
        ("cuda:1", DeviceError, "--device cuda:1: OpenVINO has no CUDA"),
        ("cuda:x", UsageError, "--device cuda:x: unknown"),
        ("gpu", UsageError, "--device gpu: unknown"),
    ],
)
def test_devices_that_it_has_not(graph_model, device, kind, message):
    with pytest.raises(kind) as caught:
        OpenVinoBackend().open(graph_model, OpenOptions(device))
    assert (type(caught.value), caught.value.message) == (kind, message)


def test_precisions_that_it_has_not(graph_model, monkeypatch):
    """That the CPU has no bf16 is feigned."""
    monkeypatch.setattr(runtime, "cpu_precisions", lambda: ("fp32",))
    reasons = {"fp16": "not a precision of OpenVINO", "bf16": "this CPU has no bf16 (avx512_bf16 or amx_bf16)"}
    for precision, reason in reasons.items():
        with pytest.raises(DeviceError) as caught:
            OpenVinoBackend().open(graph_model, OpenOptions(precision=precision))
        assert caught.value.message == f"--precision {precision}: {reason}"
        assert caught.value.hint == "Use one of: fp32."
    with OpenVinoBackend().open(graph_model, OpenOptions()) as session:
        assert session.precision == "fp32"


def test_without_the_package_it_names_the_pip_line(monkeypatch):
    monkeypatch.setattr(backend, "PACKAGE", "a-package-that-is-not-there")
    status = OpenVinoBackend().status()
    assert (status.version, status.devices, status.precisions) == (None, (), ())
    assert status.reason == "OpenVINO is not installed: pip install 'seg2vid[openvino]'"


def test_a_package_that_cannot_be_imported_names_the_pip_line(monkeypatch, graph_model):
    for name in [name for name in sys.modules if name.startswith("seg2vid_openvino.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "openvino", None)
    status = OpenVinoBackend().status()
    assert status.devices == ()
    assert "pip install 'seg2vid[openvino]'" in status.reason
    with pytest.raises(BackendError, match="--backend openvino: OpenVINO cannot be loaded") as caught:
        OpenVinoBackend().open(graph_model, OpenOptions())
    assert caught.value.hint == "pip install 'seg2vid[openvino]'"


def test_what_openvino_compiled_is_kept_and_gives_the_same_clip(graph_model, tmp_path):
    def clip(cache):
        with OpenVinoBackend().open(graph_model, OpenOptions(cache=cache)) as session:
            chunks = list(session.generate([sample_request(session, graph_model.card, 1, frames=6)]))
        return np.concatenate([chunk.frames for (chunk,) in chunks])

    def blobs():
        return {file.name: file.stat().st_mtime_ns for file in (tmp_path / "openvino").iterdir()}

    first = clip(tmp_path)
    kept = blobs()
    assert len(kept) == 2
    assert np.array_equal(clip(tmp_path), first)
    assert blobs() == kept
    assert np.array_equal(clip(None), first)
    for name in kept:
        (tmp_path / "openvino" / name).chmod(0o644)
        (tmp_path / "openvino" / name).write_bytes(b"damaged")
    assert np.array_equal(clip(tmp_path), first)
