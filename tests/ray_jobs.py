"""Runs of `--engine ray` whose workers are in the test's own process."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

from seg2vid_cli.generation.ray_engine.messages import Block, Event, Job, Ready, WindowMade
from seg2vid_cli.generation.ray_engine.worker import Worker


class DriverInProcess:
    """In the place of `DriverProcess`; two workers take turns, and what is sent first is made last."""

    jobs: list[Job]
    """Of all that were started."""
    change: Callable[[Block], int]
    """Is given every block before it is made, and returns which attempt it is."""

    def __init__(self, job: Job, *, debug: bool) -> None:
        self.jobs.append(job)
        self._job, self._workers = job, [Worker(job, None) for _ in range(2)]
        self._window: list[Block] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def ready(self) -> Ready:
        return Ready(2, 0)

    def send(self, window: list[Block]) -> None:
        self._window = window

    def events(self) -> Iterator[Event]:
        for block in reversed(self._window):
            worker = block.number % 2
            yield self._workers[worker].make(block, type(self).change(block), f"actor {worker}")
        yield WindowMade()


def write_maps(folder: Path, street: Path, count: int) -> Path:
    """Copy a label map so often."""
    folder.mkdir()
    for number in range(count):
        (folder / f"map{number}.png").write_bytes(street.read_bytes())
    return folder


def one_job(jobs: list[Job]) -> Any:
    """Return the only one."""
    [job] = jobs
    return job
