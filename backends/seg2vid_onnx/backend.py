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
REINSTALL = "pip install --force-reinstall"


class OnnxBackend:
    """ONNX Runtime: generates, without PyTorch."""

    name = "onnx"

    def status(self) -> BackendStatus:
        """Say which devices ONNX Runtime offers here."""
        package = _installed_package()
        if package is None:
            return BackendStatus(None, (), (), f"ONNX Runtime is not installed: {INSTALL}")
        installed = version(package)
        try:
            from seg2vid_onnx.providers import PRECISIONS, usable_devices
        except (ImportError, OSError) as error:
            return BackendStatus(installed, (), (), f"ONNX Runtime cannot be loaded ({error}): {REINSTALL} {package}")
        return BackendStatus(installed, usable_devices(), PRECISIONS)

    def open(self, model: "ModelFolder", options: OpenOptions) -> "Session":
        """Open a model folder's graphs; see `Backend.open`."""
        try:
            from seg2vid_onnx.session import open_session
        except (ImportError, OSError) as error:
            package = _installed_package()
            remedy = f"{REINSTALL} {package}" if package else INSTALL
            raise BackendError(f"--backend onnx: ONNX Runtime cannot be loaded: {error}", remedy) from error
        return open_session(model, options)

    def peak_gflops(self, options: OpenOptions) -> float:
        """Convolve; see `Benchmarked.peak_gflops`."""
        from seg2vid_onnx.peak import peak_gflops

        return peak_gflops(options)


def _installed_package() -> str | None:
    for package in PACKAGES:
        try:
            version(package)
            return package
        except PackageNotFoundError:
            continue
    return None
