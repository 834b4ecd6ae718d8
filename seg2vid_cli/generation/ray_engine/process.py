"""The process in which Ray is, as the command sees it."""

import os
import pickle
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec
from types import TracebackType
from typing import Any, Final, Self

from seg2vid_cli.generation.ray_engine.messages import Answered, Event, Failed, Job, Ready
from seg2vid_interface.errors import BackendError

CONNECT_SECONDS: Final = 30
"""In which what answers at a cluster's address has to prove to be one."""
PATIENCE: Final = 15
"""Seconds in which Ray has to end."""
_DRIVER: Final = "seg2vid_cli.generation.ray_engine.driver"


def check_installed() -> None:
    """Raise BackendError unless Ray is there, and what Ray Data needs; nothing is imported."""
    for package, name in (("ray", "Ray"), ("pandas", "Ray Data's pandas"), ("pyarrow", "Ray Data's pyarrow")):
        spec = find_spec(package)
        if spec is None or spec.origin is None:  # a folder of that name, which is no package
            raise BackendError(f"--engine ray: {name} is not installed", "pip install 'seg2vid[ray]'")


def temporary_folder() -> tempfile.TemporaryDirectory[str]:
    """Return a folder for what Ray writes, whose path is short, as those of sockets have to be."""
    place = "/tmp" if os.access("/tmp", os.W_OK) else None  # TMPDIR is often long
    return tempfile.TemporaryDirectory(prefix="s2v-", dir=place, ignore_cleanup_errors=True)


class DriverProcess:
    """Runs while the block does; nothing of it, nor of Ray on this machine, is left then.

    with DriverProcess(job, debug=False) as driver:
        ready = driver.ready()
        driver.send(window)
        for event in driver.events():
            ...
    """

    def __init__(self, job: Job, *, debug: bool) -> None:
        """Start it.

        Args:
            job: the run's.
            debug: whether what Ray prints is shown.
        """
        self._job = job
        # Without `-P`, files in its folder could take the place of modules.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", _DRIVER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=None if debug else subprocess.DEVNULL,
            cwd=job.temporary,
            start_new_session=True,  # Ctrl-C is for the command, which ends it in order
        )
        self._too_late = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            if error is None:
                self.send(None)
                self._process.stdout.read()  # to its end
            with suppress(OSError):
                self._process.stdin.close()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(PATIENCE)
        finally:
            self._process.kill()
            self._process.wait()
            self._process.stdout.close()

    def ready(self) -> Ready:
        """Wait until Ray runs.

        Raises:
            Seg2VidError: it does not, or has no room for the workers.
        """
        self.send(self._job)
        events = self.events()
        answered = next(events)
        assert isinstance(answered, Answered)
        timer = threading.Timer(CONNECT_SECONDS, self._give_up)
        if self._job.ray.address is not None:
            timer.start()
        try:
            ready = next(events)
        finally:
            timer.cancel()
        assert isinstance(ready, Ready)
        return ready

    def send(self, what: Any) -> None:
        """Hand the job over, a window of blocks, or None for the end."""
        assert self._process.stdin is not None
        with suppress(OSError):  # what became of it, `events` tells
            pickle.dump(what, self._process.stdin)
            self._process.stdin.flush()

    def events(self) -> Iterator[Event]:
        """Yield what it tells.  Raises Seg2VidError if the run failed, or the process ended."""
        assert self._process.stdout is not None
        while True:
            try:
                event: Event = pickle.load(self._process.stdout)
            except (EOFError, pickle.UnpicklingError):
                raise self._ended() from None
            if isinstance(event, Failed):
                raise event.error
            yield event

    def _give_up(self) -> None:
        self._too_late.set()
        self._process.kill()

    def _ended(self) -> BackendError:
        if self._too_late.is_set():
            return BackendError(
                f"--ray-address {self._job.ray.address}: what answers there is no Ray cluster that this machine "
                f"belongs to; waited {CONNECT_SECONDS} seconds",
                "Give the port of the cluster's head that `ray start --head` prints, 6379 if it was not chosen, and "
                "start the command on a machine of the cluster.",
            )
        try:
            code = self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        return BackendError(
            f"--engine ray: Ray's process ended, with the exit code {code}",
            "What was finished is there: --skip-existing makes the rest.  --debug shows what Ray says.",
        )
