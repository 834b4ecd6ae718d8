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
    driver, count = _driver(), ctypes.c_int()
    if driver is None or driver.cuDeviceGetCount(ctypes.byref(count)):
        return 0
    return count.value


def gpu_memory(index: int) -> int | None:
    """Return the bytes of memory that a GPU has, be they free or not; None if it is not known."""
    driver, device, size = _driver(), ctypes.c_int(), ctypes.c_size_t()
    if driver is None or driver.cuDeviceGet(ctypes.byref(device), index):
        return None
    return None if driver.cuDeviceTotalMem_v2(ctypes.byref(size), device) else size.value


def _driver() -> ctypes.CDLL | None:
    """Return the NVIDIA driver, if it is there and works."""
    try:
        driver = ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
        return None if driver.cuInit(0) else driver
    except (OSError, AttributeError):
        return None
