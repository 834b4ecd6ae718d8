"""OpenVINO itself: imported without its telemetry, and asked what this CPU can do.

Importing `openvino` reports the import to Google Analytics and writes an identity for the user to ~/intel, if it finds
the package `openvino_telemetry`, which pip installs with it.  Without that it does neither, and works the same.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Final

from seg2vid_interface.devices import cuda_index
from seg2vid_interface.errors import BackendError, DeviceError

__all__ = ["DEVICE", "choose_device", "choose_precision", "core", "cpu_precisions", "openvino"]

TELEMETRY: Final = "openvino_telemetry"
DEVICE: Final = "cpu"


@contextmanager
def _hidden(package: str) -> Iterator[None]:
    """Let a package seem not to be installed."""
    imported = sys.modules.get(package)
    sys.modules[package] = None  # type: ignore[assignment]  # which makes `import` raise ImportError
    try:
        yield
    finally:
        del sys.modules[package]
        if imported is not None:
            sys.modules[package] = imported


with _hidden(TELEMETRY):
    import openvino


@cache
def core() -> openvino.Core:
    """Return this process's OpenVINO."""
    return openvino.Core()


def cpu_precisions() -> tuple[str, ...]:
    """Return the precisions that the CPU computes in natively.

    Raises:
        BackendError: OpenVINO has no plugin for this CPU.
    """
    try:
        native_bf16 = "BF16" in core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    except RuntimeError as error:
        raise BackendError(f"OpenVINO cannot use this CPU: {str(error).strip().splitlines()[-1]}") from error
    return ("fp32", "bf16") if native_bf16 else ("fp32",)


def choose_precision(wanted: str) -> str:
    """Return the precision that `--precision` means here; "auto" is bf16 where the CPU has it, at twice the speed.

    Raises:
        DeviceError: this CPU has it not; the message says what it has.
    """
    offered = cpu_precisions()
    if wanted == "auto":
        return offered[-1]
    if wanted not in offered:
        reason = "this CPU has no bf16 (avx512_bf16 or amx_bf16)" if wanted == "bf16" else "not a precision of OpenVINO"
        raise DeviceError(f"--precision {wanted}: {reason}", f"Use one of: {', '.join(offered)}.")
    return wanted


def choose_device(name: str) -> str:
    """Return "cpu" for what `--device` says.

    Raises:
        UsageError: no such kind of device.
        DeviceError: CUDA, which OpenVINO knows nothing of.
    """
    if cuda_index(name) is None:
        return DEVICE
    raise DeviceError(f"--device {name}: OpenVINO has no CUDA", "Use --device cpu, or another --backend.")
