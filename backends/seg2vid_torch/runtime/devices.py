"""Choosing a device and a precision; what was asked for and is not there is an error, never a silent fall-back."""

import torch

from seg2vid_interface.cores import available_cores
from seg2vid_interface.devices import cuda_index
from seg2vid_interface.errors import DeviceError

PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16}


def choose_device(name: str) -> torch.device:
    """Return the device that `name` ("auto", "cpu", "cuda", "cuda:N") stands for; "auto" prefers CUDA.

    On a CPU, PyTorch then takes no more threads than a container's quota allows, of which it knows nothing.

    Raises:
        UsageError: no such kind of device.
        DeviceError: it is not there.
    """
    index = cuda_index(name)
    if index is None:
        if name == "auto" and torch.cuda.is_available():
            return torch.device("cuda:0")
        torch.set_num_threads(min(torch.get_num_threads(), available_cores()))
        return torch.device("cpu")
    if not torch.cuda.is_available():
        reason = "this PyTorch is a CPU build" if torch.version.cuda is None else "PyTorch finds no NVIDIA GPU"
        raise DeviceError(f"--device {name}: no CUDA device, {reason}", "Use --device cpu, or auto.")
    if index >= torch.cuda.device_count():
        raise DeviceError(f"--device {name}: there are only {torch.cuda.device_count()} CUDA devices, counted from 0")
    return torch.device("cuda", index)


def precisions(device: torch.device) -> tuple[str, ...]:
    """Return the precisions that a device has, the most exact first."""
    if device.type == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False):
        return ("fp32",)
    return tuple(PRECISIONS)


def check_precision(name: str, device: torch.device) -> str:
    """Return a precision that the device has.

    Raises:
        DeviceError: it has not.
    """
    offered = precisions(device)
    if name not in offered:
        raise DeviceError(
            f"--precision {name}: PyTorch on {device} runs in {' or '.join(offered)}", "Choose one of these."
        )
    return name


def choose_training_precision(name: str, device: torch.device) -> str:
    """Return the precision of training: "auto" is bf16 on CUDA, where the GPU has it, and fp32 on a CPU.

    Raises:
        DeviceError: a precision that the device has not.
    """
    if name != "auto":
        return check_precision(name, device)
    return precisions(device)[-1] if device.type == "cuda" else "fp32"
