"""Which of ONNX Runtime's execution providers runs a session: the CPU's or CUDA's.

A GPU that was asked for and is not there is an error that says why; nothing falls back to the CPU in silence.
"""

import contextlib
import io
import logging
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from seg2vid_interface.devices import cuda_index, gpu_count
from seg2vid_interface.errors import DeviceError
from seg2vid_onnx.runtime import onnxruntime

CPU: Final = "CPUExecutionProvider"
CUDA: Final = "CUDAExecutionProvider"
PRECISIONS: Final = ("fp32", "fp16")
USE_CPU: Final = "Or use --device cpu."

LOAD_LIBRARY: Final = """
import ctypes, sys, onnxruntime
onnxruntime.preload_dlls()
try:
    ctypes.CDLL(sys.argv[1])
except OSError as error:
    sys.exit(str(error))
"""

logger = logging.getLogger(__name__)


def choose_device(name: str) -> str:
    """Return "cpu" or "cuda:N" for what `--device` says; "auto" prefers CUDA if it works.

    Raises:
        UsageError: no such kind of device.
        DeviceError: it is not there; the message says why and how to mend it.
    """
    index = cuda_index(name)
    if index is None:
        return "cpu" if name == "cpu" else _automatic_device()
    if problem := cuda_problem(index):
        reason, remedy = problem
        raise DeviceError(f"--device {name}: {reason}", f"{remedy} {USE_CPU}".strip())
    return f"cuda:{index}"


def usable_devices() -> tuple[str, ...]:
    """Return the devices that work, best first."""
    if cuda_problem(0):
        return ("cpu",)
    return (*(f"cuda:{index}" for index in range(gpu_count())), "cpu")


def check_precision(name: str) -> None:
    """Raise DeviceError unless this is a precision that ONNX Runtime runs in, or "auto"."""
    if name not in ("auto", *PRECISIONS):
        raise DeviceError(f"--precision {name}: ONNX Runtime runs fp32 or fp16", "Choose one of these.")


def provider_of(device: str) -> tuple[str, Mapping[str, Any]]:
    """Return the provider that runs a device, and its options."""
    if device == "cpu":
        return CPU, {}
    return CUDA, {
        "device_id": int(device.removeprefix("cuda:")),
        "cudnn_conv_algo_search": "HEURISTIC",  # the default times them, and so may choose differently every time
        "use_tf32": 0,
    }


def cuda_problem(index: int) -> tuple[str, str] | None:
    """Say why CUDA device `index` cannot be used, and what to do about it; None if it can."""
    if CUDA not in onnxruntime.get_available_providers():
        if _installed("onnxruntime") and _installed("onnxruntime-gpu"):
            return (
                "onnxruntime and onnxruntime-gpu are both installed, and the one without CUDA has won",
                "pip uninstall -y onnxruntime onnxruntime-gpu && pip install onnxruntime-gpu.",
            )
        return (
            "this ONNX Runtime is a CPU-only build",
            "pip uninstall -y onnxruntime && pip install 'onnxruntime-gpu[cuda,cudnn]'.",
        )
    count = gpu_count()
    if count == 0:
        return "no NVIDIA driver with a GPU is found", "Install the driver, or give the container its GPU."
    if index >= count:
        return f"there are only {count} CUDA devices, counted from 0", ""
    if problem := _library_problem():
        return f"ONNX Runtime's CUDA libraries cannot be loaded: {problem}", "pip install 'seg2vid[cuda]'."
    return None


def _automatic_device() -> str:
    if gpu_count() == 0:
        return "cpu"
    if problem := cuda_problem(0):
        logger.warning("there is a GPU, but %s: %s The CPU is used.", *problem)
        return "cpu"
    return "cuda:0"


@cache
def _library_problem() -> str | None:
    """Load CUDA's and cuDNN's libraries, those of pip packages included; say what is missing.

    Once a process: it takes a process of its own, and opening a model asks twice.
    """
    with contextlib.redirect_stdout(io.StringIO()):  # it prints what it does not find
        onnxruntime.preload_dlls()
    folder = Path(onnxruntime.__file__).parent / "capi"
    for library in folder.glob("*onnxruntime_providers_cuda.*"):
        # In a process of its own: loaded by itself, with all that it needs there, the library may crash.
        command = [sys.executable, "-c", LOAD_LIBRARY, str(library)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode == 1:
            return result.stderr.strip().splitlines()[-1]
    return None


def _installed(package: str) -> bool:
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True
