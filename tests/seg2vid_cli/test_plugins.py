import json
import sys
from importlib.metadata import EntryPoint

import pytest

import fake_backend
from seg2vid_cli import plugins
from seg2vid_cli.plugins import (
    BackendReport,
    OpenedSession,
    find_exporter,
    find_trainer,
    load_backend,
    open_session,
)
from seg2vid_interface.backend import BackendStatus, OpenOptions
from seg2vid_interface.errors import BackendError, DeviceError, ModelError, UsageError
from seg2vid_interface.model_card import open_model_folder

pytestmark = pytest.mark.usefixtures("fake_backends")


def test_load_backend_imports_only_the_one_asked_for(monkeypatch):
    monkeypatch.delitem(sys.modules, "seg2vid_torch.backend", raising=False)
    assert isinstance(load_backend("fake"), fake_backend.FakeBackend)
    assert "seg2vid_torch.backend" not in sys.modules


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(UsageError) as caught:
        load_backend("tensorflow")
    assert caught.value.message == "--backend tensorflow: no such backend"
    assert caught.value.hint == "Known: auto, fake, broken, nothing, onnx, openvino, torch, uninstalled."


def test_a_broken_package_is_named():
    with pytest.raises(BackendError) as caught:
        load_backend("broken")
    assert caught.value.message == (
        "backend broken: the package seg2vid-fakes cannot be loaded: "
        "ModuleNotFoundError: No module named 'package_that_is_not_there'"
    )


def test_something_else_than_a_backend_is_refused():
    with pytest.raises(BackendError) as caught:
        load_backend("nothing")
    assert caught.value.message == (
        "backend nothing: fake_backend:NoBackend of the package seg2vid-fakes is no backend"
    )


def add_odd_backends(monkeypatch: pytest.MonkeyPatch) -> None:
    odd = {"logging": "LoggingBackend", "damaging": "DamageFindingBackend"}
    points = {
        name: EntryPoint(name, f"odd_backends:{class_name}", "seg2vid.backends") for name, class_name in odd.items()
    }
    known = plugins._known_backends() | points
    monkeypatch.setattr(plugins, "_known_backends", lambda: known)


def open_tiny(name: str, model, told: list[str] | None = None, **options) -> OpenedSession:
    told = [] if told is None else told
    return open_session(name, open_model_folder(model), OpenOptions(**options), told.append)


def test_auto_takes_the_first_that_can_and_tells_of_the_others_that_are_installed(monkeypatch, model):
    monkeypatch.setattr(plugins, "AUTO_ORDER", ("missing", "broken", "uninstalled", "onnx", "fake"))
    told: list[str] = []
    assert open_tiny("auto", model, told).backend == "fake"
    assert told == [
        "passed over broken: the package seg2vid-fakes cannot be loaded: "
        "ModuleNotFoundError: No module named 'package_that_is_not_there'",
        f"passed over onnx: {model}: the model has no image.onnx",
    ]


def test_auto_passes_on_where_files_are_missing_that_the_next_does_not_need(monkeypatch, model):
    card = json.loads((model / "model.json").read_text())
    for stage, stage_card in card["stages"].items():
        stage_card["files"][f"{stage}.onnx"] = "0" * 64
    (model / "model.json").write_text(json.dumps(card))
    monkeypatch.setattr(plugins, "AUTO_ORDER", ("onnx", "fake"))
    told: list[str] = []
    assert open_tiny("auto", model, told).backend == "fake"
    assert told == [f"passed over onnx: {model}: the model's file image.onnx is missing"]


def test_auto_gives_every_reason_if_none_works(monkeypatch, model):
    monkeypatch.setattr(plugins, "AUTO_ORDER", ("missing", "uninstalled"))
    with pytest.raises(BackendError) as caught:
        open_tiny("auto", model)
    assert caught.value.message == (
        "no backend can open the model: missing: not installed; uninstalled: Fake is not installed: pip install fake"
    )
    assert caught.value.hint == "`seg2vid backends` shows them all."


def test_auto_for_a_device_that_no_backend_has(model):
    with pytest.raises(DeviceError) as caught:
        open_tiny("auto", model, device="cuda")
    assert caught.value.message == "no backend can open the model: fake: --device cuda: this machine has none"
    assert caught.value.hint == "Use --device cpu."


def attempts(device: str) -> list[tuple[str, str]]:
    return [(name, options.device) for name, options in plugins._attempts(OpenOptions(device))]


def test_auto_tries_the_fastest_for_the_device_first(monkeypatch):
    monkeypatch.setattr(plugins, "AUTO_ORDER", ("openvino", "onnx", "torch"))
    monkeypatch.setattr(plugins, "CUDA_ORDER", ("onnx", "torch"))
    monkeypatch.setattr(plugins, "gpu_count", lambda: 0)
    on_cpu = ["openvino", "onnx", "torch"]
    assert attempts("auto") == [(name, "auto") for name in on_cpu]
    assert attempts("cpu") == [(name, "cpu") for name in on_cpu]
    assert attempts("cuda:1") == [(name, "cuda:1") for name in ("onnx", "torch", "openvino")]
    monkeypatch.setattr(plugins, "gpu_count", lambda: 1)
    on_gpu = [("onnx", "cuda"), ("torch", "cuda")]  # any on the GPU before any on the CPU
    assert attempts("auto") == on_gpu + [(name, "cpu") for name in on_cpu]
    assert attempts("cpu") == [(name, "cpu") for name in on_cpu]


def test_auto_goes_on_to_the_cpu_where_no_backend_can_use_the_gpu_and_says_why(monkeypatch, model):
    monkeypatch.setattr(plugins, "CUDA_ORDER", ("fake",))
    monkeypatch.setattr(plugins, "gpu_count", lambda: 1)
    told: list[str] = []
    opened = open_tiny("auto", model, told)
    assert (opened.backend, opened.session.device) == ("fake", "cpu")
    assert told == ["passed over fake: --device cuda: this machine has none"]


def test_auto_does_not_hide_a_damaged_model(monkeypatch, model):
    """What is broken is an error, although the next backend might not mind."""
    add_odd_backends(monkeypatch)
    monkeypatch.setattr(plugins, "AUTO_ORDER", ("damaging", "fake"))
    with pytest.raises(ModelError, match="altered"):
        open_tiny("auto", model)


def test_what_a_backend_logs_is_told(monkeypatch, model):
    add_odd_backends(monkeypatch)
    told: list[str] = []
    assert open_tiny("logging", model, told).backend == "logging"
    assert told == ["the GPU is asleep"]


def test_trainer_and_exporter_skip_what_cannot_be_loaded(monkeypatch):
    monkeypatch.setattr(plugins, "AUTO_ORDER", ("broken", "nothing", "fake"))
    assert isinstance(find_trainer(), fake_backend.FakeBackend)
    assert isinstance(find_exporter(), fake_backend.FakeBackend)


def test_trainer_without_its_runtime_says_so(monkeypatch):
    monkeypatch.setattr(plugins, "AUTO_ORDER", ("uninstalled",))
    for find in (find_trainer, find_exporter):
        with pytest.raises(BackendError, match=r"^backend uninstalled: Fake is not installed: pip install fake$"):
            find()


def test_no_trainer_or_exporter_at_all(monkeypatch):
    monkeypatch.setattr(plugins, "ENTRY_POINT_GROUP", "seg2vid.none")
    with pytest.raises(BackendError, match="no installed backend can train"):
        find_trainer()
    with pytest.raises(BackendError, match="no installed backend can export"):
        find_exporter()


def test_reports_tell_of_the_broken_ones_too():
    reports = {report.name: report for report in plugins.report_backends()}
    assert list(reports) == ["fake", "broken", "nothing", "onnx", "openvino", "torch", "uninstalled"]
    assert reports["fake"] == BackendReport(
        "fake", "seg2vid-fakes", BackendStatus("1.0", ("cpu",), ("fp32",)), ("generate", "train", "export")
    )
    assert reports["broken"].abilities == ()
    assert reports["broken"].status.reason.startswith("the package seg2vid-fakes cannot be loaded")
    assert reports["uninstalled"].status.reason == "Fake is not installed: pip install fake"
