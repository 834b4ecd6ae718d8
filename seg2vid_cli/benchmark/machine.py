"""What a benchmark ran on: processor, memory, GPUs, versions."""

import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from seg2vid_cli.benchmark.document import Machine
from seg2vid_cli.terminal.console import program_version
from seg2vid_interface.cores import available_cores


def this_machine() -> Machine:
    """Describe it."""
    return Machine(_cpu_name(), available_cores(), _memory_gb(), _gpu_names(), platform.platform(terse=True))


def versions(backends: Mapping[str, str | None]) -> dict[str, str]:
    """Return the versions that speed depends on; `backends` gives name -> version of its runtime."""
    own = {"seg2vid": program_version(), "python": platform.python_version(), "numpy": version("numpy")}
    return own | {name: number for name, number in backends.items() if number is not None}


def gpu_memory_mb(device: str) -> float | None:
    """Return the memory in use on a GPU "cuda:N" by all processes; None on a CPU, or without nvidia-smi."""
    kind, _, index = device.partition(":")
    if kind != "cuda":
        return None
    lines = _ask_nvidia("memory.used", "-i", index or "0")
    try:
        return float(lines[0]) * 2**20 / 1e6
    except (IndexError, ValueError):
        return None


def _gpu_names() -> tuple[str, ...]:
    return tuple(_ask_nvidia("name"))


def _ask_nvidia(query: str, *more: str) -> list[str]:
    command = ["nvidia-smi", f"--query-gpu={query}", "--format=csv,noheader,nounits", *more]
    answer = _output(command)
    return answer.splitlines()


def _cpu_name() -> str:
    """Return e.g. "AMD EPYC 9R14"; the architecture where there is no better name."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            key, _, name = line.partition(":")
            if key.strip() == "model name":
                return name.strip()
    except OSError:
        if sys.platform == "darwin" and (name := _output(["sysctl", "-n", "machdep.cpu.brand_string"])):
            return name
    return platform.processor() or platform.machine()


def _output(command: list[str]) -> str:
    """Return what a program prints; nothing if it is not there or fails."""
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return result.stdout.strip() if result.returncode == 0 else ""


def _memory_gb() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1)
    except (AttributeError, ValueError, OSError):  # Windows
        return None
