"""Starting Ray on this machine, or finding the cluster that it belongs to; nobody is told of it."""

import logging
import os
import secrets
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from seg2vid_cli.generation.ray_engine.messages import HOME_VARIABLES, Job
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
def connected(job: Job, machine: Mapping[str, int], answered: Callable[[], None]) -> Iterator[None]:
    """Have Ray within the block.

    Args:
        job: says where.
        machine: what Ray may use of this one, if it is to run here alone: "CPU" and "GPU".
        answered: is called once somebody answers at the cluster's address.

    Raises:
        BackendError: it does not start, or nobody is there.
    """
    address = job.ray.address
    if address not in {None, "auto"}:
        check_address(str(address))
    answered()
    if address is None:
        _keep_to_ourselves(Path(job.temporary))
    import ray
    import ray.data

    logging.getLogger("ray.data").setLevel(logging.CRITICAL)
    try:
        if address is None:
            ray.init(
                address="local",
                num_cpus=machine["CPU"],
                num_gpus=machine["GPU"],
                object_store_memory=OBJECT_STORE,
                _temp_dir=job.temporary,
                **_QUIET,
            )
        else:
            ray.init(address=address, **_QUIET)
    except Exception as error:  # of many kinds
        raise _told(error, address) from error
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


def _keep_to_ourselves(home: Path) -> None:
    """Give Ray on this machine a home folder and a token; workers take the user's home folder again.

    In the user's, Ray would leave a token of its own making.  And it would ask at addresses of clouds which of them
    this machine is in, even where it is to tell nobody, did it not find a file there that says so.
    """
    (home / "ray_bootstrap_config.yaml").write_text("{}\n", encoding="utf-8")
    for variable in HOME_VARIABLES:
        os.environ[variable] = str(home)
    os.environ |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}


def _told(error: Exception, address: str | None) -> BackendError:
    what = " ".join(str(error).split())[:300] or type(error).__name__
    if address is None:
        return BackendError(f"Ray does not start: {what}", "--debug shows what Ray says.")
    if "AuthenticationError" in f"{error!r} {error.__cause__!r}":  # which Ray tells as text
        return BackendError(
            f"--ray-address {address}: the cluster asks for a token",
            "Start the command with RAY_AUTH_MODE=token in the environment, and the token where Ray looks for it.",
        )
    return BackendError(f"--ray-address {address}: {what}", REMEDY)
