"""Starting Ray on this machine, or finding the cluster that it belongs to; nobody is told of it."""

import logging
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from seg2vid_cli.generation.ray_engine.messages import Job
from seg2vid_interface.cores import available_cores
from seg2vid_interface.errors import BackendError

ANSWER_SECONDS: Final = 10
"""In which somebody has to answer at a cluster's address."""
OBJECT_STORE: Final = 100 * 2**20
"""Bytes that Ray may keep of what processes send each other here, which is small; its own choice is a third of all."""
ENVIRONMENT: Final = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_USAGE_STATS_PROMPT_ENABLED": "0",
    "RAY_AIR_NEW_OUTPUT": "0",
}
"""Set before Ray is imported: nothing is sent to its makers."""


@contextmanager
def connected(job: Job, answered: Callable[[], None]) -> Iterator[None]:
    """Have Ray within the block.

    Args:
        job: says where.
        answered: is called once somebody answers at the cluster's address.

    Raises:
        BackendError: it does not start, or nobody is there.
    """
    address = job.ray.address
    if address not in {None, "auto"}:
        check_address(str(address))
    answered()
    import ray
    import ray.data

    logging.getLogger("ray.data").setLevel(logging.CRITICAL)
    try:
        if address is None:
            ray.init(
                address="local",
                num_cpus=available_cores(),
                object_store_memory=OBJECT_STORE,
                _temp_dir=job.temporary,
                **_QUIET,
            )
        else:
            ray.init(address=address, **_QUIET)
    except Exception as error:  # of many kinds
        raise BackendError(_text(error, address), None if address is None else REMEDY) from error
    try:
        yield
    finally:
        ray.shutdown()


_QUIET: Final[dict[str, Any]] = {"include_dashboard": False, "log_to_driver": False, "logging_level": logging.CRITICAL}
REMEDY: Final = (
    "Give HOST:PORT of the cluster's head, as `ray start --head` prints it, on a machine that belongs to it; or leave "
    "--ray-address out, and Ray runs on this machine alone."
)


def check_address(address: str) -> None:
    """Raise BackendError unless something answers at HOST:PORT."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), ANSWER_SECONDS).close()
    except TimeoutError:
        raise BackendError(f"--ray-address {address}: nobody answers within {ANSWER_SECONDS} seconds", REMEDY) from None
    except OSError as error:
        raise BackendError(f"--ray-address {address}: nobody answers: {error.strerror or error}", REMEDY) from None


def silence_usage() -> None:
    """Keep Ray from telling anybody that it is used."""
    os.environ |= ENVIRONMENT


def _text(error: Exception, address: str | None) -> str:
    what = " ".join(str(error).split())[:300] or type(error).__name__
    return f"Ray does not start: {what}" if address is None else f"--ray-address {address}: {what}"
