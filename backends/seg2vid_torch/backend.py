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
    from seg2vid_interface.backend import Session
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
        import torch

        gpus = tuple(f"cuda:{index}" for index in range(torch.cuda.device_count()))
        return BackendStatus(runtime_version, (*gpus, "cpu"), ("fp32", "bf16"))

    def open(self, model: "ModelFolder", options: OpenOptions) -> "Session":
        """Open a model folder's safetensors; see `Backend.open`."""
        _require_torch()
        from seg2vid_torch.session import open_session

        return open_session(model, options)

    def train(self, request: TrainingRequest, monitor: TrainingMonitor) -> TrainingResult:
        """Train one stage; see `Trainer.train`."""
        _require_torch()
        from seg2vid_torch.training.loop import train

        return train(request, monitor)

    def export(self, request: ExportRequest) -> ExportResult:
        """Make a model folder; see `Exporter.export`."""
        _require_torch()
        from seg2vid_torch.export import export

        return export(request)


def _require_torch() -> None:
    try:
        version("torch")
    except PackageNotFoundError:
        raise BackendError("--backend torch: PyTorch is not installed", f"Install it: {INSTALL}") from None
