"""What `--engine ray` is asked for."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RayRequest:
    """Where clips are made, and by how many workers."""

    address: str | None = None
    """HOST:PORT of a cluster that this machine belongs to, or "auto"; None = one is started here, for this run."""
    workers: int | None = None
    """None = as many as there is room for."""
    gpus_per_worker: float | None = None
    """None = 1 where there are GPUs and the device that is asked for is not the CPU."""
