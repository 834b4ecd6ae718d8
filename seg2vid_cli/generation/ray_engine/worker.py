"""What runs in Ray's workers: a session, and the clips that are made with it."""

import os
import pickle
import socket
import time
import traceback
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

from seg2vid_cli.files.cache import graph_cache
from seg2vid_cli.generation.made import FailedInput, Made, Opened
from seg2vid_cli.generation.making import ClipMaker
from seg2vid_cli.generation.plan import Task
from seg2vid_cli.generation.ray_engine.messages import HOME_VARIABLES, MOST_ATTEMPTS, Block, BlockMade, Job
from seg2vid_cli.model_store.store import open_model
from seg2vid_cli.terminal.console import program_version
from seg2vid_interface.cores import limit_cores
from seg2vid_interface.errors import BackendError, ModelError, OutputError, Seg2VidError
from seg2vid_interface.staging.leftovers import put_right

SHARED = (
    "Workers read and write by the paths that the command has: these must lead to the same files on every machine "
    "of the cluster."
)
INPUT, OUTPUT = "block", "made"
"""Ray Data's names of what a worker is given, and of what it returns: pickled, as rows are no place for objects."""


class Ledger:
    """Counts attempts, where they outlive the workers."""

    def __init__(self) -> None:
        self._attempts: dict[int, int] = {}

    def begin(self, number: int) -> int:
        """Return which attempt at a block this is: 1, 2, ..."""
        self._attempts[number] = self._attempts.get(number, 0) + 1
        return self._attempts[number]


class Worker:
    """Makes blocks of clips; Ray Data holds one in each of its actors."""

    def __init__(self, job: Job, ledger: Any) -> None:
        """Open nothing yet: what fails here would never be told.

        Args:
            job: what is to be made.
            ledger: the handle of the run's `Ledger`.
        """
        self._job, self._ledger = job, ledger
        self._host = socket.gethostname()
        self._maker: ClipMaker | None = None
        limit_cores(job.threads)
        if job.ray.address is None:  # Ray was given another home
            for variable in HOME_VARIABLES:
                os.environ.pop(variable, None)
            os.environ |= job.home
        with suppress(OSError):  # where it is not there, each input says so that is seen from it
            os.chdir(job.folder)

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Make the block in Ray Data's batch of one row."""
        import ray

        block: Block = pickle.loads(batch[INPUT][0])
        attempt: int = ray.get(self._ledger.begin.remote(block.number))
        made = self.make(block, attempt, ray.get_runtime_context().get_actor_id() or "")
        return {OUTPUT: [pickle.dumps(made)]}

    def make(self, block: Block, attempt: int, name: str) -> BlockMade:
        """Make a block's clips; raise nothing that concerns them.

        Args:
            block: of clips none of which was there when the run began, or which may be replaced.
            attempt: 1, 2, ...; what an earlier one left is put right, and what it finished made again, to the same
                bytes.
            name: the worker's.
        """
        tasks = block.tasks
        if attempt > MOST_ATTEMPTS:
            return self._told(block, name, 0, (self._died(task) for task in tasks))
        if attempt > 1:
            put_right(path.parent for task in tasks for output in task.outputs for path in output.results)
            tasks = tuple(map(_to_replace, tasks))
        made = list[Made]()
        fatal: Seg2VidError | None = None
        began = time.perf_counter()
        try:
            for one in self._made(tasks):
                if isinstance(one, Opened):
                    began = time.perf_counter()
                made.append(one)
        except Seg2VidError as error:
            fatal = self._named(error)
        except Exception as error:  # noqa: BLE001  # a clip's, whatever it is, and not the run's
            made += self._broken(tasks, made, error)
        return self._told(block, name, time.perf_counter() - began, made, fatal)

    def _made(self, tasks: Iterable[Task]) -> Iterator[Made]:
        if self._maker is None:
            self._maker = self._new_maker()
        seen = list[Task]()
        for task in tasks:
            if problem := self._unseen(task):
                yield self._failed(task, problem)
            else:
                seen.append(task)
        yield from self._maker.make(seen)

    def _new_maker(self) -> ClipMaker:
        job = self._job
        if program_version() != job.version:
            raise BackendError(
                f"seg2vid {program_version()} is installed, and the command is of {job.version}",
                "Install the same version on every machine of the cluster.",
            )
        model = open_model(job.request.model)
        if model.card != job.card:
            raise ModelError(f"{model.path}: another model than the command's", SHARED)
        options = replace(job.request.options, cache=graph_cache())
        return ClipMaker(replace(job.request, options=options), model, job.settings)

    def _unseen(self, task: Task) -> Seg2VidError | None:
        """Return what is wrong if this machine does not see an input, or the folder of a result."""
        if self._host == self._job.host:
            return None  # what is wrong then is told as ever
        for path in [*task.paths.files(), *(output.video.parent for output in task.outputs)]:
            if not path.exists():
                return OutputError(f"{path}: not there on {self._host}, where a worker runs", SHARED)
        return None

    def _broken(self, tasks: Iterable[Task], made: list[Made], error: Exception) -> Iterator[FailedInput]:
        """Yield what did not come of a block in which something is broken."""
        outputs = {one.clip.output for one in made if hasattr(one, "clip")}
        failed = {one.paths for one in made if isinstance(one, FailedInput)}
        text = " ".join(f"internal error: {type(error).__name__}: {error}".split())
        for task in tasks:
            if task.paths not in failed and str(task.outputs[0].video) not in outputs:
                problem = BackendError(f"{task.paths.source}: {text}", "Report what it prints with --debug.")
                problem.add_note("".join(traceback.format_exception(error)))
                yield self._failed(task, problem)

    def _died(self, task: Task) -> FailedInput:
        where = "" if self._host == self._job.host else f" on {self._host}"
        return self._failed(
            task,
            BackendError(
                f"{task.paths.source}: the worker{where} that made it died, and so did the one that tried again",
                "Memory may not suffice: ask for fewer --workers, or a smaller --size.",
            ),
        )

    def _failed(self, task: Task, error: Seg2VidError) -> FailedInput:
        return FailedInput(task.paths, error, self._job.settings.frames * len(task.outputs))

    def _named(self, error: Seg2VidError) -> Seg2VidError:
        """Return the error as it is told elsewhere."""
        if self._host == self._job.host:
            return error
        return type(error)(f"worker on {self._host}: {error.message}", error.hint)

    def _told(
        self, block: Block, name: str, seconds: float, made: Iterable[Made], fatal: Seg2VidError | None = None
    ) -> BlockMade:
        return BlockMade(block.number, name, self._host, os.getpid(), seconds, tuple(made), fatal)


def _to_replace(task: Task) -> Task:
    return Task(task.paths, tuple(replace(output, overwrite=True) for output in task.outputs))
