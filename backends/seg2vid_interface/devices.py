"""How devices are written."""

import re

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
