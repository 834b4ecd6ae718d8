"""Makes planned clips as `ClipMaker` does, by workers of Ray."""

import os
import socket
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import chain, count, islice
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from seg2vid_cli.generation.batch_size import PIXELS
from seg2vid_cli.generation.made import FailedInput, Made, MadeClip, Message, Opened
from seg2vid_cli.generation.plan import Task
from seg2vid_cli.generation.ray_engine.messages import HOME_VARIABLES, Block, BlockMade, Job, Ready, WindowMade
from seg2vid_cli.generation.ray_engine.process import DriverProcess, check_installed, temporary_folder
from seg2vid_cli.generation.ray_engine.request import RayRequest
from seg2vid_cli.generation.ray_engine.worker_report import WorkerReport
from seg2vid_cli.generation.ray_engine.worker_reports import WorkerReports
from seg2vid_cli.generation.request import GenerationRequest
from seg2vid_cli.generation.settings import ClipSettings
from seg2vid_cli.outputs.planned import PlannedOutput
from seg2vid_cli.terminal.console import program_version
from seg2vid_interface.errors import BackendError, OutputError
from seg2vid_interface.model_card import ModelFolder
from seg2vid_interface.staging.leftovers import put_right

WINDOW: Final = 2000
"""Blocks that Ray is given at once, so that a list of a million clips takes no more memory than one of thousands; then
workers start anew, which takes seconds."""
BLOCKS_PER_WORKER: Final = 50
"""In a window, at the least: at its end some workers wait for the others."""


class RayClipMaker:
    """A context manager as `ClipMaker` is, with the same `make`; its clips come in any order."""

    def __init__(
        self,
        request: GenerationRequest,
        model: ModelFolder,
        settings: ClipSettings,
        *,
        ray: RayRequest,
        clips: int,
        debug: bool = False,
    ) -> None:
        """Start nothing yet.

        Args:
            request: what was asked for.
            model: its folder here; workers find it by the request's name or path.
            settings: what the request and the model's card give.
            ray: where clips are made.
            clips: how many there are to make.
            debug: whether what Ray prints is shown.

        Raises:
            BackendError: Ray is not installed.
        """
        check_installed()
        self._temporary = temporary_folder()
        self._job = Job(
            request,
            ray,
            model.card,
            settings,
            threads=request.threads or 1,
            clips=clips,
            folder=os.getcwd(),  # noqa: PTH109  # as the shell has it, with the links that machines share
            host=socket.gethostname(),
            version=program_version(),
            temporary=self._temporary.name,
            home={name: os.environ[name] for name in HOME_VARIABLES if name in os.environ},
        )
        self._debug = debug
        self._reports = WorkerReports()
        self._said = set[str]()
        self._failed = set[object]()
        self._opened: Opened | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._temporary.cleanup()

    @property
    def reports(self) -> list[WorkerReport]:
        """How much each worker made so far, and how fast."""
        return self._reports.list()

    def make(self, tasks: Iterable[Task], advance: Callable[[int], None] = lambda _: None) -> Generator[Made]:
        """Make the clips of all tasks; yield what comes of them, as it comes.

        An input that fails does not stop the others.  Whoever stops early should close the generator.

        Args:
            tasks: taken as workers get through them.
            advance: is told of how many more frames there are.

        Raises:
            Seg2VidError: what concerns all inputs: Ray, the backend, the device, the model's files, wrong usage.
        """
        if (first := next(rest := iter(tasks), None)) is None:
            return  # no Ray for nothing
        with _Folders() as folders, DriverProcess(self._job, debug=self._debug) as driver:
            yield Message("starting Ray" if self._job.ray.address is None else "connecting to the Ray cluster")
            ready = driver.ready()
            yield Message(_told(ready, self._job.threads))
            blocks = self._blocks(chain([first], rest), folders, ready)
            while window := list(islice(blocks, max(WINDOW, BLOCKS_PER_WORKER * ready.workers))):
                driver.send(window)
                yield from self._made(window, driver, advance)

    def _blocks(self, tasks: Iterable[Task], folders: "_Folders", ready: Ready) -> Iterator[Block]:
        single = (Task(task.paths, (folders.made_for(output),)) for task in tasks for output in task.outputs)
        size = self._clips_of_block(ready)
        for number in count(1):
            if not (block := tuple(islice(single, size))):
                return
            yield Block(number, block)

    def _clips_of_block(self, ready: Ready) -> int:
        """Return how many: one batch, so that batches are those of a single process; on a CPU one clip."""
        asked, settings = self._job.request.batch, self._job.settings
        if asked is not None:
            return asked
        return max(1, PIXELS // (settings.height * settings.width)) if ready.gpus_per_worker else 1

    def _made(self, window: list[Block], driver: DriverProcess, advance: Callable[[int], None]) -> Iterator[Made]:
        waiting = {block.number for block in window}
        for event in driver.events():
            if isinstance(event, WindowMade):
                break
            assert isinstance(event, BlockMade)
            if event.fatal is not None:
                raise event.fatal
            waiting.discard(event.number)
            self._reports.add(event)
            for one in event.made:
                yield from self._told(one, advance)
        if waiting:
            raise BackendError(f"--engine ray: Ray lost {len(waiting)} blocks of clips", "Run it again.")

    def _told(self, one: Made, advance: Callable[[int], None]) -> Iterator[Made]:
        """Yield it, unless it was told before: workers tell the same, and so do samples of one input."""
        match one:
            case MadeClip():
                yield one
                advance(one.clip.frames)
            case Message():
                if one.text not in self._said:
                    self._said.add(one.text)
                    yield one
            case Opened():
                if self._opened is None:
                    self._opened = one
                    yield one
                elif one != self._opened:
                    yield from self._told(Message(_other(one)), advance)
            case FailedInput():
                if one.paths in self._failed:
                    advance(one.frames)
                else:
                    self._failed.add(one.paths)
                    yield one


class _Folders:
    """Folders of results, made before workers write there; those that stay empty are removed in the end.

    What workers that died left there is put right then.
    """

    def __init__(self) -> None:
        self._folders = set[Path]()
        self._made = list[Path]()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        put_right(self._folders)
        for folder in reversed(self._made):
            with suppress(OSError):  # it is not empty
                folder.rmdir()

    def made_for(self, output: PlannedOutput) -> PlannedOutput:
        """Make an output's folder; return the output without the wish for it.  Raises OutputError."""
        folder = output.video.parent
        if output.makes_folder and folder not in self._folders:
            missing = [path for path in (*reversed(folder.parents), folder) if not path.exists()]
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise OutputError(f"{folder}: cannot be made: {error.strerror}", "Choose another -o.") from error
            self._made += missing
        self._folders |= {path.parent for path in output.results}
        return replace(output, makes_folder=False)


def _told(ready: Ready, threads: int) -> str:
    each = f"{threads} thread{'s' if threads > 1 else ''}"
    gpus = f" and {ready.gpus_per_worker:g} GPU" if ready.gpus_per_worker else ""
    return f"Ray: {ready.workers} worker{'s' if ready.workers > 1 else ''}, each with {each}{gpus}"


def _other(opened: Opened) -> str:
    return f"another worker: backend {opened.backend}, device {opened.device}, precision {opened.precision}"
