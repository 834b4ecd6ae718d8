"""How the processes of a training find each other, and how they end: if one fails, all do, and one says why."""

import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

import torch
from torch import distributed as dist
from torch.distributed.distributed_c10d import PrefixStore, Store
from torch.distributed.rendezvous import rendezvous

from seg2vid_interface.devices import cuda_index
from seg2vid_interface.documents import parse_json
from seg2vid_interface.errors import BackendError, DeviceError, ToldElsewhere, UsageError
from seg2vid_interface.places import Place, find_place
from seg2vid_torch.runtime.devices import choose_device
from seg2vid_torch.training.processes.processes import Processes

PATIENCE = timedelta(days=1)
"""With which processes wait for one that reads, validates or saves; that one has failed they hear at once."""
FAILED = "seg2vid/failed"  # the key under which the first that fails says so
LOOKED_AFTER, GRACE = 0.5, 10.0  # seconds between two looks at it; those in which a process may end by itself
WORD = 3.0  # seconds in which the first can say why


@contextmanager
def joined() -> Iterator[Processes]:
    """Yield the processes that torchrun started, or the only one; when one fails within the block, all leave it.

    Raises:
        ToldElsewhere: another process has failed.
        BackendError: this PyTorch knows of no other processes.
    """
    place = find_place()
    if place.count == 1:
        yield Processes(place)
        return
    if not dist.is_available():
        raise BackendError("this PyTorch has no torch.distributed, so that one process cannot train with others")
    store, *_ = next(rendezvous("env://", timeout=PATIENCE))
    on_gpus = "nccl" if dist.is_nccl_available() else "gloo"
    backend = f"cpu:gloo,cuda:{on_gpus}" if torch.cuda.is_available() else "gloo"
    dist.init_process_group(
        backend, store=PrefixStore("group", store), rank=place.rank, world_size=place.count, timeout=PATIENCE
    )
    watch = _Watch(store)
    processes = Processes(place)
    try:
        yield processes
        processes.meet()  # so that all fail if the one that saves does
        dist.destroy_process_group()
    except BaseException as error:
        exit_code = getattr(error, "exit_code", 1)
        first = _tell(store, place, exit_code)
        if first["rank"] != place.rank:
            with suppress(BaseException):  # torchrun signals to all as soon as one ends: that is to be the first
                time.sleep(WORD)
            raise ToldElsewhere(first["exit_code"]) from error
        raise
    finally:
        watch.close()


def choose_own_device(name: str, place: Place) -> torch.device:
    """Return the device that `name` stands for: with several processes on GPUs, each of a machine has one of its own.

    Raises:
        UsageError: no such kind of device, or one GPU for several processes.
        DeviceError: it is not there.
    """
    if place.count == 1 or (cuda_index(name) is None and not torch.cuda.is_available()):
        return choose_device(name)
    if ":" in name:
        raise UsageError(f"--device {name}: one GPU for {place.count} processes", "With --device cuda each takes one.")
    device = choose_device(name)
    if device.type == "cuda":
        if place.local_rank >= torch.cuda.device_count():
            raise DeviceError(
                f"{place.local_count} processes on a machine with {torch.cuda.device_count()} CUDA devices",
                f"Start {torch.cuda.device_count()}: torchrun --nproc-per-node {torch.cuda.device_count()}.",
            )
        device = torch.device("cuda", place.local_rank)
        torch.cuda.set_device(device)
    return device


def _tell(store: Store, place: Place, exit_code: int) -> dict[str, int]:
    """Tell the others that this process has failed; return which was the first."""
    own = {"rank": place.rank, "exit_code": exit_code}
    try:
        return _parsed(store.compare_set(FAILED, "", json.dumps(own)))
    except RuntimeError:  # the store was another process's, which is gone
        return own


def _parsed(told: bytes) -> dict[str, int]:
    failed: dict[str, int] = parse_json(told.decode())
    return failed


class _Watch:
    """Ends a process that hangs, as in a step that another does not do with it, after another has failed."""

    def __init__(self, store: Store) -> None:
        self._store = store.clone()  # type: ignore[attr-defined]  # a connection of its own; PyTorch's stub lacks it
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="watch over other processes", daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._over.wait(LOOKED_AFTER):
            try:
                if not self._store.check([FAILED]):
                    continue
                exit_code = _parsed(self._store.get(FAILED))["exit_code"]
            except RuntimeError:
                exit_code = 1
            if not self._over.wait(GRACE):
                os._exit(exit_code)

    def close(self) -> None:
        """Look no more."""
        self._over.set()
        self._thread.join()
