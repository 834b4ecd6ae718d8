"""How many threads a backend starts on a CPU."""

import math
import os
from pathlib import Path

from seg2vid_interface.places import find_place

CGROUP_FILES = (
    ("/sys/fs/cgroup/cpu.max",),  # version 2: "quota period", or "max period"
    ("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "/sys/fs/cgroup/cpu/cpu.cfs_period_us"),  # version 1; -1: no quota
)
"""Where Linux says how much processor time a container gets, in microseconds; inside it, its own files lie there."""


def available_cores() -> int:
    """Return the number of cores that this process may use: its affinity's, or a container's quota if that is less.

    More threads than the quota would be stopped in turn, until the next period, while the others wait for them.
    Processes that train together on one machine share its cores.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _quota()
    usable = cores if quota is None else max(1, min(cores, math.ceil(quota)))
    return max(1, usable // find_place().local_count)


def _quota() -> float | None:
    """Return the cores' worth of time that the control group allows; None if it sets no limit."""
    for files in CGROUP_FILES:
        try:
            words = [word for file in files for word in Path(file).read_text(encoding="ascii").split()]
            quota, period = float(words[0].replace("max", "-1")), float(words[1])
        except (OSError, ValueError, IndexError):
            continue
        return quota / period if quota > 0 and period > 0 else None
    return None
