"""The backend's entry point: light to import, OpenVINO is loaded when it is used."""

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from seg2vid_interface.backend import BackendStatus, OpenOptions
from seg2vid_interface.errors import BackendError

if TYPE_CHECKING:
    from seg2vid_interface.backend import Session
    from seg2vid_interface.model_card import ModelFolder

PACKAGE = "openvino"
INSTALL = "pip install 'seg2vid[openvino]'"


class OpenVinoBackend:
    """OpenVINO: generates on a CPU, without PyTorch."""

    name = "openvino"

    def status(self) -> BackendStatus:
        """Say which precisions OpenVINO offers on this CPU."""
        try:
            installed = version(PACKAGE)
        except PackageNotFoundError:
            return BackendStatus(None, (), (), f"OpenVINO is not installed: {INSTALL}")
        try:
            from seg2vid_openvino.runtime import DEVICE, cpu_precisions

            return BackendStatus(installed, (DEVICE,), cpu_precisions())
        except (ImportError, OSError, BackendError) as error:
            return BackendStatus(installed, (), (), f"OpenVINO cannot be loaded ({error}): {INSTALL}")

    def open(self, model: "ModelFolder", options: OpenOptions) -> "Session":
        """Open a model folder's graphs; see `Backend.open`."""
        try:
            from seg2vid_openvino.session import open_session
        except (ImportError, OSError) as error:
            raise BackendError(f"--backend openvino: OpenVINO cannot be loaded: {error}", INSTALL) from error
        return open_session(model, options)

    def peak_gflops(self, options: OpenOptions) -> float:
        """Convolve; see `Benchmarked.peak_gflops`."""
        from seg2vid_openvino.peak import peak_gflops

        return peak_gflops(options)
