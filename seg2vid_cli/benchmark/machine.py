"""What a benchmark ran on."""

import os
import platform
import subprocess
import sys
from pathlib import Path

from seg2vid_cli.benchmark.document import Machine
from seg2vid_interface.cores import available_cores


def this_machine() -> Machine:
    """Describe it."""
    try:
        memory_gb = round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1)
    except (AttributeError, ValueError, OSError):  # Windows
        memory_gb = None
    gpus = tuple(_ask_nvidia("name"))
    return Machine(_cpu_name(), available_cores(), memory_gb, gpus, platform.platform(terse=True))


def gpu_memory_mb(device: str) -> float | None:
    """Return the memory in use on a GPU "cuda:N" by all processes; None on a CPU, or without nvidia-smi."""
    kind, _, index = device.partition(":")
    answer = _ask_nvidia("memory.used", "-i", index or "0") if kind == "cuda" else []
    return float(answer[0]) * 2**20 / 1e6 if answer and answer[0].isdecimal() else None


def _ask_nvidia(query: str, *more: str) -> list[str]:
    return _lines("nvidia-smi", f"--query-gpu={query}", "--format=csv,noheader,nounits", *more)


def _cpu_name() -> str:
    """Return e.g. "AMD EPYC 9R14"; the architecture where there is no better name."""
    names: list[str] = []
    if sys.platform == "linux":
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    elif sys.platform == "darwin":
        names = _lines("sysctl", "-n", "machdep.cpu.brand_string")
    return next(iter(names), platform.processor() or platform.machine())


def _lines(*command: str) -> list[str]:
    """Return what a program prints; nothing if it is not there or fails."""
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return []
    return result.stdout.strip().splitlines()
