"""This process's place among several that train together, as torchrun tells it in the environment."""

import os
from dataclasses import dataclass

_KEYS = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE")
_MEETING_POINT = ("MASTER_ADDR", "MASTER_PORT")


@dataclass(frozen=True)
class Place:
    """One of `count` processes, on one machine or several."""

    rank: int = 0
    """0..count - 1; 0 writes and speaks for all."""
    count: int = 1
    local_rank: int = 0
    """Among those of this machine, 0..local_count - 1."""
    local_count: int = 1

    @property
    def leads(self) -> bool:
        """Whether it writes and speaks for all."""
        return self.rank == 0


def find_place() -> Place:
    """Return the place that torchrun, or what sets the same variables, gave this process; else that of the only one."""
    told = [os.environ.get(key, "") for key in _KEYS]
    if not all(text.isdecimal() for text in told) or not all(os.environ.get(key) for key in _MEETING_POINT):
        return Place()
    rank, count, local_rank, local_count = map(int, told)
    fits = rank < count and local_rank < local_count <= count
    return Place(rank, count, local_rank, local_count) if fits else Place()
