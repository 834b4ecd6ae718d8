"""The backend's entry point: light to import, PyTorch is loaded when it is used."""

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from seg2vid_interface.backend import (
    BackendStatus,
    ExportRequest,
    ExportResult,
    OpenOptions,
    TrainingMonitor,
    TrainingRequest,
    TrainingResult,
)
from seg2vid_interface.errors import BackendError

if TYPE_CHECKING:
    from pathlib import Path

    from seg2vid_interface.backend import Session
    from seg2vid_interface.data_tools import Advance, DataReport, DataRequest, PackResult
    from seg2vid_interface.evaluation import Advance as Share
    from seg2vid_interface.evaluation import Evaluation, EvaluationRequest
    from seg2vid_interface.model_card import ModelFolder

INSTALL = "pip install 'seg2vid[train]'"


class TorchBackend:
    """PyTorch: generates, trains and exports."""

    name = "torch"

    def status(self) -> BackendStatus:
        """Say which devices PyTorch offers here."""
        try:
            runtime_version = version("torch")
        except PackageNotFoundError:
            return BackendStatus(None, (), (), f"PyTorch is not installed: {INSTALL}")
        try:
            import torch

            from seg2vid_torch.runtime.devices import choose_device, precisions
        except (ImportError, OSError) as error:  # a broken installation, e.g. CUDA libraries that do not fit
            return BackendStatus(runtime_version, (), (), f"PyTorch cannot be loaded: {error}")
        gpus = tuple(f"cuda:{index}" for index in range(torch.cuda.device_count()))
        return BackendStatus(runtime_version, (*gpus, "cpu"), precisions(choose_device("auto")))

    def open(self, model: "ModelFolder", options: OpenOptions) -> "Session":
        """Open a model folder's safetensors; see `Backend.open`."""
        _require_torch()
        from seg2vid_torch.runtime.session import open_session

        return open_session(model, options)

    def peak_gflops(self, options: OpenOptions) -> float:
        """Convolve; see `Benchmarked.peak_gflops`."""
        _require_torch()
        from seg2vid_torch.runtime.peak import peak_gflops

        return peak_gflops(options)

    def presets(self) -> list[str]:
        """Return the names of the bundled presets; see `Trainer.presets`."""
        from seg2vid_torch.settings.preset_files import preset_names

        return preset_names()

    def train(self, request: TrainingRequest, monitor: TrainingMonitor) -> TrainingResult:
        """Train one stage; see `Trainer.train`."""
        _require_torch()
        from seg2vid_torch.training.loop import train

        return train(request, monitor)

    def check_data(self, request: "DataRequest", advance: "Advance") -> "DataReport":
        """Look a data set through; see `DataTools.check_data`."""
        from seg2vid_torch.data.looking_through import check_data

        return check_data(request, advance)

    def pack_data(
        self, request: "DataRequest", out: "Path", advance: "Advance", *, overwrite: bool = False
    ) -> "PackResult":
        """Pack a data set; see `DataTools.pack_data`."""
        from seg2vid_torch.data.packing import pack_data

        return pack_data(request, out, advance, overwrite=overwrite)

    def evaluate(self, request: "EvaluationRequest", advance: "Share") -> "Evaluation":
        """Measure quality; see `Evaluator.evaluate`."""
        _require_torch()
        _require("evaluate", "torchmetrics", extra="evaluate")
        from seg2vid_torch.evaluation.evaluating import evaluate

        return evaluate(request, advance)

    def export(self, request: ExportRequest) -> ExportResult:
        """Make a model folder; see `Exporter.export`."""
        _require_torch()
        if request.graphs:
            _require("--onnx", "onnx", "onnxscript")
        from seg2vid_torch.export.exporting import export

        return export(request)


def _require_torch() -> None:
    _require("--backend torch", "torch", "safetensors")


def _require(flag: str, *packages: str, extra: str = "train") -> None:
    for package in packages:
        try:
            version(package)
        except PackageNotFoundError:
            raise BackendError(
                f"{flag}: {package} is not installed", f"Install it: pip install 'seg2vid[{extra}]'"
            ) from None
