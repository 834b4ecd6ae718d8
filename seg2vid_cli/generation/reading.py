"""Label maps that are read while clips are made of those before."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from seg2vid_cli.generation.plan import Task
from seg2vid_cli.inputs.scenes import Scene
from seg2vid_cli.inputs.stdin import STDIN
from seg2vid_interface.cores import available_cores

MOST_THREADS = 4
"""That read; more would wait for one another, as much of reading is done by Python itself."""

Reading = tuple[Scene, list[str]]
"""What was read, and what the user should know of it."""


@dataclass(frozen=True)
class ReadAhead:
    """An input that is being read, or was."""

    task: Task
    _future: "Future[Reading] | None"
    _read: Callable[[Task], Reading]

    @property
    def is_there(self) -> bool:
        """Whether nobody would have to wait for it."""
        return self._future is not None and self._future.done()

    def result(self) -> Reading:
        """Return it; raise what reading it raised."""
        return self._read(self.task) if self._future is None else self._future.result()


def read_ahead(
    tasks: Iterable[Task], read: Callable[[Task], Reading], ahead: Callable[[], int]
) -> Generator[ReadAhead]:
    """Yield the tasks, while up to `ahead` of those that follow are read in threads of their own.

    What is no file but, say, a pipe is read when its result is asked for: a thread that waits for somebody to write
    could not be stopped.  Whoever stops early should close the generator.
    """
    pool = ThreadPoolExecutor(min(available_cores(), MOST_THREADS), thread_name_prefix="seg2vid-reading")
    try:
        waiting = deque[ReadAhead]()
        for one in _begun(tasks, read, pool):
            waiting.append(one)
            while len(waiting) > ahead():
                yield waiting.popleft()
        yield from waiting
    finally:
        pool.shutdown(cancel_futures=True)


def _begun(tasks: Iterable[Task], read: Callable[[Task], Reading], pool: ThreadPoolExecutor) -> Iterator[ReadAhead]:
    for task in tasks:
        paths = task.paths
        given = [path for path in (paths.label_map, paths.first_frame, paths.instances) if path is not None]
        is_of_files = all(path != STDIN and path.is_file() for path in given)
        yield ReadAhead(task, pool.submit(read, task) if is_of_files else None, read)
