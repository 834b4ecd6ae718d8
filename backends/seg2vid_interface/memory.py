"""Whether a size fits into memory on a CPU, told before the system kills the program, or a runtime aborts.

What a backend takes was measured with the bundled model; it grows with the area.  Networks that do less are taken to
need less, by the root of their operations, as channels do.
"""

import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from seg2vid_interface.errors import BackendError
from seg2vid_interface.model_card import ModelCard

MB: Final = 1_000_000
SAFE: Final = 0.9
"""Share of what there is that a size which is recommended may take."""
MEASURED_GFLOP: Final = 64.5e-6
"""A pixel and frame, of the model that was measured."""
MEMORY_INFO = Path("/proc/meminfo")
GROUP_FILES = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),  # version 2
    ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),  # version 1
)
"""Where Linux says how much a container may take, and takes; inside it, its own files lie there."""


@dataclass(frozen=True)
class MemoryNeed:
    """What a backend takes of a CPU's memory, in bytes."""

    runtime: str
    """What messages call it."""
    resident: int
    """Of the process, whatever the size."""
    address_space: int
    """Likewise; `ulimit -v` counts it."""
    data: int
    """Likewise; `ulimit -d` counts it."""
    pixel: int
    """More for every pixel of a frame."""


@dataclass(frozen=True)
class _Limit:
    allowed: int
    said: str
    fixed: int
    pixel: float

    def needed(self, size: tuple[int, int]) -> float:
        """Return the bytes that a height and width need."""
        return self.fixed + self.pixel * size[0] * size[1]


def check_memory(need: MemoryNeed, card: ModelCard, size: tuple[int, int]) -> None:
    """Refuse a height and width that will not fit; where nothing is known of limits, nothing.

    Raises:
        BackendError: it needs more than there is; says how much, and the nearest size that fits.
    """
    limits = list(_limits(need, card))
    for limit in limits:
        needed = limit.needed(size)
        if needed > limit.allowed:
            raise BackendError(
                f"{size[0]}x{size[1]}: {need.runtime} needs about {_text(needed)} of memory for it, and {limit.said}",
                _hint(card, size, limits),
            )


def _limits(need: MemoryNeed, card: ModelCard) -> Iterator[_Limit]:
    pixel = need.pixel * card.image_scale**2 * min(1, math.sqrt(_gflop_per_pixel(card) / MEASURED_GFLOP))
    if (free := free_memory()) is not None:
        yield _Limit(free, f"{_text(free)} are free", need.resident, pixel)
    for letter, fixed in (("v", need.address_space), ("d", need.data)):
        if (allowed := _process_limit(letter)) is not None:
            yield _Limit(allowed, f"`ulimit -{letter}` allows {_text(allowed)}", fixed, pixel)


def _gflop_per_pixel(card: ModelCard) -> float:
    return card.gflop_per_frame / (card.height * card.width)


def _hint(card: ModelCard, size: tuple[int, int], limits: Sequence[_Limit]) -> str:
    """Name the largest size of about this shape that fits."""
    height, width = size
    for percent in range(99, 0, -1):
        for near in card.sizes.nearest(round(height * percent / 100), round(width * percent / 100)):
            if all(limit.needed(near) <= SAFE * limit.allowed for limit in limits):
                return f"The nearest size that fits is {near[0]}x{near[1]}."
    return "No size fits: free memory or raise the limit, or take another --backend."


def free_memory() -> int | None:
    """Return the bytes that this process may still take of the machine's memory, or its container's; None: unknown."""
    numbers = [number for number in (_system_free(), *map(_group_free, GROUP_FILES)) if number is not None]
    return min(numbers, default=None)


def _system_free() -> int | None:
    for line in _read(MEMORY_INFO).splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def _group_free(files: tuple[str, str]) -> int | None:
    most, taken = (_read(Path(file)).strip() for file in files)
    if not (most.isdecimal() and taken.isdecimal()):  # "max": no limit
        return None
    statistics = dict(line.split(maxsplit=1) for line in _read(Path(files[0]).with_name("memory.stat")).splitlines())
    cached = int(statistics.get("inactive_file", 0))  # which the system gives back
    return max(0, int(most) - int(taken) + cached)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii")
    except OSError:  # another system, or a container that does not show it
        return ""


def _process_limit(letter: str) -> int | None:
    """Return the bytes that `ulimit -v` or `ulimit -d` allows this process in all; None = any number."""
    if sys.platform == "win32":
        return None
    import resource

    kind = {"v": resource.RLIMIT_AS, "d": resource.RLIMIT_DATA}[letter]
    allowed, _ = resource.getrlimit(kind)
    return None if allowed == resource.RLIM_INFINITY else allowed


def _text(size: float) -> str:
    return f"{size / 1e9:.1f} GB"
