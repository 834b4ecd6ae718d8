"""How devices are written, and whether there are GPUs."""

import ctypes
import re
import sys

from seg2vid_interface.errors import UsageError


def cuda_index(device: str) -> int | None:
    """Return N of "cuda:N" ("cuda": 0), None for "cpu" and "auto"; whether it is there is for a backend to say.

    Raises:
        UsageError: no such kind of device.
    """
    if device in ("auto", "cpu"):
        return None
    found = re.fullmatch(r"cuda(?::([0-9]+))?", device)
    if found is None:
        raise UsageError(f"--device {device}: unknown", "Known are auto, cpu, cuda and cuda:N, N = 0, 1, ...")
    return int(found[1] or 0)


def gpu_count() -> int:
    """Return the number of GPUs that the NVIDIA driver shows to this process; 0 without a driver."""
    try:
        driver = ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
        count = ctypes.c_int()
        if driver.cuInit(0) or driver.cuDeviceGetCount(ctypes.byref(count)):
            return 0
    except (OSError, AttributeError):
        return 0
    return count.value
