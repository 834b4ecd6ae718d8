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

_limit: int | None = None


def limit_cores(limit: int | None) -> None:
    """Let this process take no more cores than so many, in sessions that are opened from now on; None = all it may."""
    global _limit  # noqa: PLW0603  # of the process, as are the threads that libraries start
    _limit = limit


def available_cores() -> int:
    """Return the number of cores that this process may use: the least of its affinity, a container's quota, its limit.

    More threads than the quota would be stopped in turn, until the next period, while the others wait for them.
    Processes that train together on one machine share its cores.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _quota()
    usable = cores if quota is None else min(cores, math.ceil(quota))
    usable = max(1, usable // find_place().local_count)
    return usable if _limit is None else min(usable, _limit)


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
