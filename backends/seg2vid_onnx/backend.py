"""The backend's entry point: light to import, ONNX Runtime is loaded when it is used."""

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from seg2vid_interface.backend import BackendStatus, OpenOptions
from seg2vid_interface.errors import BackendError

if TYPE_CHECKING:
    from seg2vid_interface.backend import Session
    from seg2vid_interface.model_card import ModelFolder

PACKAGES = ("onnxruntime-gpu", "onnxruntime")
INSTALL = "pip install onnxruntime-gpu (where there is no such package: onnxruntime)"


class OnnxBackend:
    """ONNX Runtime: generates, without PyTorch."""

    name = "onnx"

    def status(self) -> BackendStatus:
        """Say which devices ONNX Runtime offers here."""
        installed = _installed_version()
        if installed is None:
            return BackendStatus(None, (), (), f"ONNX Runtime is not installed: {INSTALL}")
        try:
            from seg2vid_onnx.providers import PRECISIONS, usable_devices
        except (ImportError, OSError) as error:
            return BackendStatus(installed, (), (), f"ONNX Runtime cannot be loaded ({error}): {INSTALL}")
        return BackendStatus(installed, usable_devices(), PRECISIONS)

    def open(self, model: "ModelFolder", options: OpenOptions) -> "Session":
        """Open a model folder's graphs; see `Backend.open`."""
        try:
            from seg2vid_onnx.session import open_session
        except (ImportError, OSError) as error:
            raise BackendError(f"--backend onnx: ONNX Runtime cannot be loaded: {error}", INSTALL) from error
        return open_session(model, options)

    def peak_gflops(self, options: OpenOptions) -> float:
        """Convolve; see `Benchmarked.peak_gflops`."""
        from seg2vid_onnx.peak import peak_gflops

        return peak_gflops(options)


def _installed_version() -> str | None:
    for package in PACKAGES:
        try:
            return version(package)
        except PackageNotFoundError:
            continue
    return None
