"""Whether a cluster has room for the workers; where it has not, they would be waited for without end."""

import math
from collections.abc import Iterable, Mapping

from seg2vid_cli.generation.ray_engine.messages import Job, Ready
from seg2vid_interface.errors import DeviceError, UsageError

Resources = Mapping[str, float]
"""Of one machine, as Ray names them: "CPU", "GPU"."""


def find_room(job: Job, machines: Iterable[Resources]) -> Ready:
    """Return how many workers there will be.

    Raises:
        UsageError: there is no room for so many, or for any.
        DeviceError: a GPU is asked for, and there is none.
    """
    machines = list(machines)
    gpus = _gpus_per_worker(job, sum(machine.get("GPU", 0) for machine in machines))
    room = sum(_workers_on(machine, job.threads, gpus) for machine in machines)
    wanted = job.ray.workers
    if wanted is not None and wanted > room:
        raise UsageError(f"--workers {wanted}: {_told(job, gpus, room)}", _remedy(job, room))
    if not room:
        raise UsageError(f"--engine ray: {_told(job, gpus, room)}", _remedy(job, room))
    return Ready(min(wanted or room, max(job.clips, 1)), gpus)


def _gpus_per_worker(job: Job, gpus: float) -> float:
    asked, device = job.ray.gpus_per_worker, job.request.options.device
    if not gpus and device.startswith("cuda"):
        raise DeviceError(f"--device {device}: {_where(job)} has no GPU", "Use --device cpu, or auto.")
    if not gpus and asked:
        raise DeviceError(f"--gpus-per-worker {asked:g}: {_where(job)} has no GPU", "Leave it out.")
    return (1 if gpus and device != "cpu" else 0) if asked is None else asked


def _workers_on(machine: Resources, threads: int, gpus: float) -> int:
    by_cpu = int(machine.get("CPU", 0) // threads)
    if not gpus:
        return by_cpu
    has = machine.get("GPU", 0)
    # A part of a GPU is always one GPU's.
    by_gpu = int(has) * math.floor(1 / gpus + 1e-9) if gpus < 1 else int(has // gpus)
    return min(by_cpu, by_gpu)


def _told(job: Job, gpus: float, room: int) -> str:
    each = f"{job.threads} CPU{'s' if job.threads > 1 else ''}" + (f" and {gpus:g} GPU" if gpus else "")
    return f"{_where(job)} has room for {room or 'no'} worker{'' if room == 1 else 's'} of {each}"


def _where(job: Job) -> str:
    return "this machine" if job.ray.address is None else "the Ray cluster"


def _remedy(job: Job, room: int) -> str:
    if room:
        return f"Ask for --workers {room} or fewer" + (", or for fewer --threads." if job.threads > 1 else ".")
    return "Ask for fewer --threads." if job.threads > 1 else "Add machines to the cluster, or use --engine local."
