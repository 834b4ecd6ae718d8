"""Makes planned clips, with one session; prints nothing, and knows nothing of the run's other processes.

Label maps are read one after another, each when its clips are due, so that memory does not grow with their number;
the first that can be read opens the model.
"""

import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from seg2vid_cli.generation.label_agreement import check_judged
from seg2vid_cli.generation.look import OWN_LOOK, Look, look_of
from seg2vid_cli.generation.made import FailedInput, Made, MadeClip, Message, Opened
from seg2vid_cli.generation.outcome import Clip, as_text
from seg2vid_cli.generation.plan import Task
from seg2vid_cli.generation.request import GenerationRequest
from seg2vid_cli.generation.scene_clip import SceneClip
from seg2vid_cli.generation.settings import ClipSettings
from seg2vid_cli.generation.things import check_things, fit_to_things
from seg2vid_cli.generation.tries import Judged, write_best
from seg2vid_cli.inputs.scenes import Scene, read_scene
from seg2vid_cli.outputs.planned import PlannedOutput
from seg2vid_cli.outputs.video.kinds import Kind
from seg2vid_cli.outputs.video.raw import how_to_read
from seg2vid_cli.plugins import OpenedSession, open_session
from seg2vid_interface.backend import Session
from seg2vid_interface.errors import Seg2VidError, UsageError
from seg2vid_interface.model_card import ModelFolder


class ClipMaker:
    """Holds a session; a context manager, which closes it.

    with ClipMaker(request, model, clip_settings(request, model.card)) as maker:
        for made in maker.make(tasks, advance):
            ...

    What it is made of can be pickled, so that another process may hold one.
    """

    def __init__(self, request: GenerationRequest, model: ModelFolder, settings: ClipSettings) -> None:
        """Open nothing yet.

        Args:
            request: what was asked for; which inputs and results it names does not matter here.
            model: its folder.
            settings: what the request and the model's card give.
        """
        self._request, self._model, self._settings = request, model, settings
        self._look = Look(seed=request.style) if isinstance(request.style, int) else OWN_LOOK
        self._opened: OpenedSession | None = None
        self._resources = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened = None
        self._resources.close()

    def make(self, tasks: Iterable[Task], advance: Callable[[int], None] = lambda _: None) -> Generator[Made]:
        """Make the clips of all tasks; yield what comes of them, in the tasks' order.

        An input that fails does not stop the others.  Whoever stops early should close the generator.

        Args:
            tasks: taken one after another, when their clips are due.
            advance: is told, by the thread that iterates, of how many more frames there are; they are fewer where a
                clip is drawn again.

        Raises:
            Seg2VidError: what concerns all inputs: the backend, the device, the model's files, wrong usage.
            ReaderGoneError: nobody wants more of the clip that goes to standard output.
        """
        for task in tasks:
            progress = _Progress(advance)
            try:
                scene, messages = self._read(task)
            except Seg2VidError as error:
                yield self._failed(task, error, progress)
                continue
            yield from map(Message, messages)
            opened = self._opened
            if opened is None:
                opened = self._opened = yield from self._open(task.outputs[0])
            try:
                yield from self._make_clips(task, scene, opened, progress)
            except Seg2VidError as error:
                yield self._failed(task, error, progress)

    def _failed(self, task: Task, error: Seg2VidError, progress: "_Progress") -> FailedInput:
        """Return what is told of an error that concerns one input; wrong usage concerns them all, and is raised."""
        if error.exit_code == UsageError.exit_code:
            raise error
        return FailedInput(task.paths, error, self._settings.frames * len(task.outputs) - progress.frames)

    def _read(self, task: Task) -> tuple[Scene, list[str]]:
        settings, card = self._settings, self._model.card
        given = task.paths.given()
        scene = read_scene(given, self._request.label_format, card, settings.height, settings.width)
        return scene, [*scene.messages, *([] if scene.lacks_labels(card) else self._notes(scene))]

    def _notes(self, scene: Scene) -> list[str]:
        if self._request.judging is not None:
            check_judged(scene, self._model.card)
        return check_things(scene, self._model.card, self._request.save)

    def _open(self, first: PlannedOutput) -> Generator[Made, None, OpenedSession]:
        """Open the session.  Raises what `open_session` raises, and UsageError if it cannot read the given style."""
        messages = list[str]()
        opened = open_session(self._request.backend, self._model, self._request.options, messages.append)
        session, settings = self._resources.enter_context(opened.session), self._settings
        yield from map(Message, messages)
        yield Opened(opened.backend, session.device, session.precision)
        if settings.style_picture is not None and settings.style_file is not None:
            self._look = look_of(settings.style_picture, settings.style_file.name, session, opened.backend)
        if first.kind is Kind.RAW:
            size = {"height": settings.height, "width": settings.width}
            yield Message(how_to_read(str(first.video), frames_per_second=settings.frames_per_second, **size))
        return opened

    def _make_clips(self, task: Task, scene: Scene, opened: OpenedSession, progress: "_Progress") -> Iterator[Made]:
        card = self._model.card
        if scene.lacks_labels(card):
            scene = scene.with_labels(card, opened.session, opened.backend)
            yield from map(Message, self._notes(scene))
        for output in task.outputs:
            messages = list[str]()
            try:
                clip = self._clip(opened.session, scene, output.sample)
                made = self._make_clip(task, output, clip, progress.of_next_clip(), messages.append)
            finally:
                yield from map(Message, messages)
            yield made

    def _make_clip(
        self,
        task: Task,
        output: PlannedOutput,
        clip: SceneClip,
        advance: Callable[[int], None],
        tell: Callable[[str], None],
    ) -> MadeClip:
        began = time.perf_counter()
        fitting = fit_to_things(output, clip.scene, self._model.card)
        judging, judged = self._request.judging, None
        if judging is None:
            saved = clip.write(fitting, advance)
        else:
            assert self._opened is not None  # it made the clip
            samples, backend = judging.samples(output.sample, self._request.samples), self._opened.backend
            judged, saved = write_best(
                clip, fitting, judging, samples=samples, backend=backend, advance=advance, tell=tell
            )
        return MadeClip(self._record(task, output, saved, time.perf_counter() - began, judged))

    def _clip(self, session: Session, scene: Scene, sample: int) -> SceneClip:
        return SceneClip(
            session=session,
            card=self._model.card,
            scene=scene,
            seed=self._request.seed,
            sample=sample,
            frames=self._settings.frames,
            frames_per_second=self._settings.frames_per_second,
            look=self._look,
            camera=self._settings.camera,
        )

    def _record(
        self, task: Task, output: PlannedOutput, saved: list[Path], seconds: float, judged: Judged | None
    ) -> Clip:
        request, settings = self._request, self._settings
        return Clip(
            input=as_text(task.paths.label_map),
            output=str(output.video),
            saved=[str(path) for path in saved],
            frames=settings.frames,
            height=settings.height,
            width=settings.width,
            seed=request.seed,
            sample=output.sample if judged is None else judged.kept.sample,
            style=self._look.name(request.seed),
            camera=request.camera or ("drawn" if self._model.card.camera else None),
            seconds=round(seconds, 3),
            judged=judged,
        )


class _Progress:
    """Of the clips of one input."""

    def __init__(self, advance: Callable[[int], None]) -> None:
        self._advance = advance
        self.frames = 0
        """That there are."""

    def of_next_clip(self) -> Callable[[int], None]:
        """Return what is told how many frames of the next clip there are."""
        before = self.frames

        def tell(frames: int) -> None:
            more = before + frames - self.frames
            self.frames += more
            self._advance(more)

        return tell
