"""Makes planned clips, with one session; prints nothing, and knows nothing of the run's other processes.

Label maps are read while clips are made of those before, and clips are written while the session makes the next ones;
never more than a few of either, so that memory does not grow with their number.  The first map that can be read opens
the model.
"""

import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from math import ceil
from pathlib import Path
from types import TracebackType
from typing import Self

from seg2vid_cli.generation.batch_size import batch_size
from seg2vid_cli.generation.batching import Batching, DueClip
from seg2vid_cli.generation.label_agreement import check_judged
from seg2vid_cli.generation.look import OWN_LOOK, Look, look_of
from seg2vid_cli.generation.made import Made, MadeClip, Message, Opened
from seg2vid_cli.generation.outcome import Clip, as_text
from seg2vid_cli.generation.plan import Task
from seg2vid_cli.generation.reading import ReadAhead, Reading, read_ahead
from seg2vid_cli.generation.request import GenerationRequest
from seg2vid_cli.generation.scene_clip import SceneClip
from seg2vid_cli.generation.settings import ClipSettings
from seg2vid_cli.generation.things import check_things, fit_to_things
from seg2vid_cli.generation.tries import Judged, Tries, write_best
from seg2vid_cli.generation.under_way import ClipUnderWay, InputUnderWay, UnderWay
from seg2vid_cli.generation.writing import WriterThreads
from seg2vid_cli.inputs.scenes import Scene, read_scene
from seg2vid_cli.outputs.planned import PlannedOutput
from seg2vid_cli.outputs.video.kinds import Kind
from seg2vid_cli.outputs.video.raw import how_to_read
from seg2vid_cli.plugins import OpenedSession, open_session
from seg2vid_interface.backend import Session
from seg2vid_interface.cores import available_cores
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
        under_way = UnderWay(self._settings.frames, advance)
        batching: Batching | None = None
        with ExitStack() as resources:
            readings = read_ahead(tasks, self._read, lambda: 2 * (1 if batching is None else batching.size))
            for reading in resources.enter_context(closing(readings)):
                if not reading.is_there:  # there is nothing better to do meanwhile
                    yield from under_way.tell(to_the_end=True)
                one = under_way.begin(reading.task)
                scene = self._scene(one, reading)
                if scene is not None and batching is None:
                    yield from under_way.tell(to_the_end=True)
                    yield from self._open(reading.task.outputs[0])
                    batching = self._batching(resources, under_way)
                if scene is not None and batching is not None:
                    yield from self._make_clips(one, scene, under_way, batching)
                one.is_whole = True
                yield from under_way.tell()
            if batching is not None:
                yield from batching.flush()
            yield from under_way.tell(to_the_end=True)

    def _batching(self, resources: ExitStack, under_way: UnderWay) -> Batching:
        """Return what makes batches, and has them written until `resources` are closed."""
        assert self._opened is not None
        size = batch_size(self._request.batch, self._opened.session)
        threads = min(size, available_cores())
        writers = resources.enter_context(WriterThreads(threads, waiting=2 * ceil(size / threads)))
        return Batching(self._opened.session, size, under_way, writers)

    def _scene(self, one: InputUnderWay, reading: ReadAhead) -> Scene | None:
        with _failing(one):
            scene, messages = reading.result()
            one.parts.extend(map(Message, messages))
            return scene
        return None

    def _read(self, task: Task) -> Reading:
        settings, card = self._settings, self._model.card
        given = task.paths.given()
        scene = read_scene(given, self._request.label_format, card, settings.height, settings.width)
        return scene, [*scene.messages, *([] if scene.lacks_labels(card) else self._notes(scene))]

    def _notes(self, scene: Scene) -> list[str]:
        if self._request.judging is not None:
            check_judged(scene, self._model.card)
        return check_things(scene, self._model.card, self._request.save)

    def _open(self, first: PlannedOutput) -> Iterator[Made]:
        """Open the session, if it is not.  Raises what `open_session` raises, and UsageError if it reads no styles."""
        if self._opened is not None:
            return
        messages = list[str]()
        opened = open_session(self._request.backend, self._model, self._request.options, messages.append)
        session, settings = self._resources.enter_context(opened.session), self._settings
        self._opened = opened
        yield from map(Message, messages)
        yield Opened(opened.backend, session.device, session.precision)
        if settings.style_picture is not None and settings.style_file is not None:
            self._look = look_of(settings.style_picture, settings.style_file.name, session, opened.backend)
        if first.kind is Kind.RAW:
            size = {"height": settings.height, "width": settings.width}
            yield Message(how_to_read(str(first.video), frames_per_second=settings.frames_per_second, **size))

    def _make_clips(self, one: InputUnderWay, scene: Scene, under_way: UnderWay, batching: Batching) -> Iterator[Made]:
        assert self._opened is not None
        card, request = self._model.card, self._request
        with _failing(one):
            if scene.lacks_labels(card):
                scene = scene.with_labels(card, self._opened.session, self._opened.backend)
                one.parts.extend(map(Message, self._notes(scene)))
        for output in one.task.outputs:
            if one.error is not None:
                return
            clip, fitting = self._clip(self._opened.session, scene, output.sample), fit_to_things(output, scene, card)
            if request.judging is None and not request.to_stdout:
                made = ClipUnderWay(partial(self._record, one.task, output, fitting.saved))
                yield from batching.add(DueClip(clip, fitting, made, one))
            else:
                yield from under_way.tell(to_the_end=True)
                yield from self._make_alone(one, clip, fitting, under_way)

    def _make_alone(
        self, one: InputUnderWay, clip: SceneClip, output: PlannedOutput, under_way: UnderWay
    ) -> Iterator[Made]:
        """Make a clip that others have to wait for: of which nobody knows how often it is drawn, or who reads it."""
        began, judging, judged, told = time.perf_counter(), self._request.judging, None, [0]

        def advance(frames: int) -> None:
            under_way.advance(one, frames - told[0])
            told[0] = frames

        with _failing(one):
            if judging is None:
                saved = clip.write(output, advance)
            else:
                assert self._opened is not None
                samples, backend = judging.samples(output.sample, self._request.samples), self._opened.backend
                tries = write_best(clip, output, judging, samples=samples, backend=backend, advance=advance)
                judged, saved = yield from _as_messages(tries)
            yield MadeClip(self._record(one.task, output, saved, time.perf_counter() - began, judged))

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
        self, task: Task, output: PlannedOutput, saved: list[Path], seconds: float, judged: Judged | None = None
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


def _as_messages(tries: Tries) -> Generator[Made, None, tuple[Judged, list[Path]]]:
    with closing(tries):
        while True:
            try:
                message = next(tries)
            except StopIteration as end:
                result: tuple[Judged, list[Path]] = end.value
                return result
            yield Message(message)


@contextmanager
def _failing(one: InputUnderWay) -> Iterator[None]:
    """Note an error that concerns one input; wrong usage concerns them all."""
    try:
        yield
    except Seg2VidError as error:
        if error.exit_code == UsageError.exit_code:
            raise
        one.error = error
