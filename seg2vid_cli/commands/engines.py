"""The flags that say who makes clips."""

import os
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from seg2vid_cli.commands import options
from seg2vid_interface.errors import UsageError

if TYPE_CHECKING:
    from seg2vid_cli.generation.ray_engine.request import RayRequest

RAY_ADDRESS = "RAY_ADDRESS"
"""Where Ray's own programs, and the jobs that it starts, have a cluster's address."""


def parse_engine(
    engine: str, *, address: str | None, workers: int | None, gpus_per_worker: float | None, device: str
) -> "RayRequest | None":
    """Return what is asked of Ray; None for this process.  Raises UsageError; the device is a known one."""
    gpus = None if gpus_per_worker is None else f"{gpus_per_worker:g}"
    flags = {"--ray-address": address, "--workers": workers, "--gpus-per-worker": gpus}
    if engine != "ray":
        for flag, value in flags.items():
            if value is not None:
                raise UsageError(f"{flag} {value}: there are no workers without Ray", "Add --engine ray.")
        return None
    options.check_range("--workers", workers, 1)
    _check_gpus(gpus_per_worker, device)
    from seg2vid_cli.generation.ray_engine.request import RayRequest

    address = address or os.environ.get(RAY_ADDRESS)
    return RayRequest(_checked_address(address) if address and address != "local" else None, workers, gpus_per_worker)


def check_files_alone(labels: Sequence[str], out: str | None) -> None:
    """Raise UsageError for streams, which workers of another process do not have."""
    if out == "-":
        raise UsageError("-o -: Ray's workers write files", "Name a file or a folder, or leave --engine ray out.")
    if "-" in labels:
        raise UsageError("LABEL -: Ray's workers read files", "Name the label map, or leave --engine ray out.")


def _check_gpus(gpus: float | None, device: str) -> None:
    if gpus is not None and not (0 <= gpus <= 1 or (gpus > 0 and gpus.is_integer())):
        raise UsageError(
            f"--gpus-per-worker {gpus:g}: neither a part of one nor a whole number", "For example 0.5, or 1."
        )
    if gpus and device == "cpu":
        raise UsageError(f"--gpus-per-worker {gpus:g}: contradicts --device cpu", "Leave one out.")
    if gpus == 0 and device.startswith("cuda"):
        raise UsageError(f"--gpus-per-worker 0: contradicts --device {device}", "Leave one out.")
    if ":" in device:
        raise UsageError(f"--device {device}: Ray gives each worker its GPU", "Say --device cuda.")


def _checked_address(address: str) -> str:
    if address.startswith("ray://"):
        raise UsageError(
            f"--ray-address {address}: is for programs that are not on the cluster, where workers could not see files",
            "Start the command on a machine of the cluster, with HOST:PORT of its head.",
        )
    found = re.fullmatch(r"(?:\[[0-9a-fA-F:.]+\]|[^\s:/\[\]]+):([0-9]{1,5})", address)
    if address != "auto" and (found is None or not 0 < int(found[1]) < 65536):
        raise UsageError(f"--ray-address {address}: not HOST:PORT", "For example 10.0.0.1:6379.")
    return address
