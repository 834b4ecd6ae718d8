"""`seg2vid generate` behind its flags: from paths and settings to finished clips, one at a time.

What is cheap to check comes first, so that bad input fails before a network is loaded: the model's card, the size,
and whether all results can be written.  Label maps are then read one after another, each when its clips are due, so
that memory does not grow with their number; the first that can be read opens the model.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from seg2vid_cli.generation.label_agreement import check_judge, check_judged
from seg2vid_cli.generation.look import OWN_LOOK, Look, look_of
from seg2vid_cli.generation.outcome import Clip, Outcome, Skipped, as_text
from seg2vid_cli.generation.request import GenerationRequest
from seg2vid_cli.generation.scene_clip import SceneClip
from seg2vid_cli.generation.things import check_things, fit_to_things
from seg2vid_cli.generation.tries import Judged, Judging, write_best
from seg2vid_cli.inputs.cameras import check_camera, read_camera
from seg2vid_cli.inputs.found_files import search_label_maps
from seg2vid_cli.inputs.scenes import Input, Scene, check_inputs, check_label_format, pair_inputs, read_scene
from seg2vid_cli.inputs.stdin import STDIN, check_stdin
from seg2vid_cli.inputs.styles import check_style, read_style_picture
from seg2vid_cli.model_store.store import open_model
from seg2vid_cli.outputs.checks import check_outputs
from seg2vid_cli.outputs.existing import finish_killed_runs, left_to_make
from seg2vid_cli.outputs.plan import is_folder, plan_outputs
from seg2vid_cli.outputs.planned import PlannedOutput
from seg2vid_cli.outputs.room import check_room
from seg2vid_cli.outputs.save_names import names_to_save
from seg2vid_cli.outputs.video.kinds import Kind
from seg2vid_cli.outputs.video.raw import how_to_read
from seg2vid_cli.plugins import open_session
from seg2vid_cli.terminal.binary_stdout import ReaderGoneError, check_stdout
from seg2vid_cli.terminal.console import Console, ProgressBar
from seg2vid_interface.backend import Session
from seg2vid_interface.errors import Seg2VidError, UsageError
from seg2vid_interface.model_card import ModelFolder
from seg2vid_interface.sizes import choose_size


@dataclass(frozen=True)
class _Task:
    """One input and the clips that are to be made from it."""

    paths: Input
    outputs: tuple[PlannedOutput, ...]


def generate_clips(request: GenerationRequest, console: Console) -> Outcome:
    """Make every clip that can be made; an input that fails is reported and does not stop the others.

    Raises:
        Seg2VidError: what concerns all of the inputs: flags, output names, the model, the backend, the device.
    """
    model = open_model(request.model)
    check_inputs(request.labels, request.first_frame, model.card, request.instances)
    check_style(request.style, request.first_frame, model.card)
    check_camera(request.camera, model.card)
    if request.judging is not None:
        check_judge(model.card)
    check_label_format(request.label_format, model.card)
    if STDIN in request.labels:
        check_stdin()
    if request.to_stdout:
        check_stdout()
    generation = _Generation(request, console, model)
    with suppress(ReaderGoneError):
        generation.make(generation.plan())
    return generation.outcome


class _Generation:
    """One run; `outcome` grows while it goes on."""

    def __init__(self, request: GenerationRequest, console: Console, model: ModelFolder) -> None:
        card = model.card
        self.request = request
        self.console = console
        self.model = model
        self.label_space = card.label_space
        self.frames = request.frames or card.frames
        self.frames_per_second = request.frames_per_second or card.frames_per_second
        self.height, self.width = choose_size(card.sizes, request.options.size, (card.height, card.width))
        self.outcome = Outcome(card.name, skipped=[] if request.skip_existing else None)
        self.camera = None if request.camera is None else read_camera(request.camera)
        style = request.style
        self.style_picture = read_style_picture(style, card) if isinstance(style, Path) else None
        self.look = Look(seed=style) if isinstance(style, int) else OWN_LOOK

    def plan(self) -> list[_Task]:
        """Find the inputs and plan all clips.  Raises Seg2VidError if there are none, or one cannot be written."""
        request = self.request
        results = Path(request.out) if request.out and is_folder(request.out) else None
        found = search_label_maps(request.labels, results)
        for message in found.messages:
            self.console.say(message)
        inputs = pair_inputs(found.paths, request.first_frame, request.instances, found.places)
        self.outcome.inputs = len(inputs)
        if not request.skip_existing:
            self._check_room(inputs, found.places)
        planned = self._planned(inputs, found.places, request.samples)
        finish_killed_runs(planned)
        outputs = self._left_to_make(planned)
        if outputs:
            self._check(outputs, inputs)
        by_source: dict[Path | None, list[PlannedOutput]] = {}
        for output in outputs:
            by_source.setdefault(output.source, []).append(output)
        return [_Task(paths, tuple(by_source[paths.source])) for paths in inputs if paths.source in by_source]

    def _check_room(self, inputs: Sequence[Input], places: Mapping[Path, Path]) -> None:
        """Refuse what the disk cannot take before its plan takes the memory."""
        [output] = self._planned(inputs[:1], places, 1)
        clips = len(inputs) * self.request.samples
        check_room(output, clips=clips, frames=self.frames, height=self.height, width=self.width)

    def _planned(self, inputs: Sequence[Input], places: Mapping[Path, Path], samples: int) -> list[PlannedOutput]:
        request, card = self.request, self.model.card
        has_labels, has_camera = self.label_space is not None, card.camera is not None
        return plan_outputs(
            [paths.source for paths in inputs],
            request.out,
            kind=request.kind,
            samples=samples,
            save=names_to_save(request.save, frames=self.frames, has_labels=has_labels, has_camera=has_camera),
            sheet=request.sheet,
            overwrite=request.overwrite,
            flow_format=request.flow_format,
            places=places,
            to_stdout=request.to_stdout,
        )

    def _left_to_make(self, outputs: list[PlannedOutput]) -> list[PlannedOutput]:
        """Return the outputs without those that are there already, if these are to be skipped."""
        if self.outcome.skipped is None:
            return outputs
        left = left_to_make(outputs, self.frames, self.request.save)
        kept = {output.video for output in left}
        skipped = [output for output in outputs if output.video not in kept]
        self.outcome.skipped += [Skipped(as_text(o.source), str(o.video), o.sample) for o in skipped]
        if skipped:
            self.console.say(f"skipped {len(skipped)} of {len(outputs)} results, which are there already")
        return left

    def _check(self, outputs: Sequence[PlannedOutput], inputs: Sequence[Input]) -> None:
        check_outputs(
            outputs,
            [*(file for paths in inputs for file in paths.files()), *self._style_file(), *self._camera_file()],
            frames=self.frames,
            height=self.height,
            width=self.width,
            frames_per_second=self.frames_per_second,
            has_labels=self.label_space is not None,
            has_camera=self.model.card.camera is not None,
        )

    def make(self, tasks: Sequence[_Task]) -> None:
        """Make the clips, one after another.  Raises ReaderGoneError if nobody wants more of a clip."""
        clips, clips_before = sum(len(task.outputs) for task in tasks), 0
        opened: tuple[Session, ProgressBar] | None = None
        with ExitStack() as resources:
            for task in tasks:
                scene = self._read(task.paths)
                if scene is not None:
                    opened = opened or self._begin(resources, clips, task.outputs[0])
                    scene = self._told(task.paths, scene, opened[0])
                if scene is not None and opened is not None:
                    self._make_clips(task, scene, *opened, clips_before)
                clips_before += len(task.outputs)

    def _read(self, paths: Input) -> Scene | None:
        """Read an input; None if that fails."""
        with self._failing(paths):
            scene = read_scene(paths.given(), self.request.label_format, self.model.card, self.height, self.width)
            notes = [] if scene.lacks_labels(self.model.card) else self._notes(scene)
            for message in (*scene.messages, *notes):
                self.console.say(message)
            return scene
        return None

    def _told(self, paths: Input, scene: Scene, session: Session) -> Scene | None:
        """Return a scene with its label map, told from the first frame if none was given; None if that fails."""
        if not scene.lacks_labels(self.model.card):
            return scene
        with self._failing(paths):
            scene = scene.with_labels(self.model.card, session, str(self.outcome.backend))
            for message in self._notes(scene):
                self.console.say(message)
            return scene
        return None

    def _notes(self, scene: Scene) -> list[str]:
        if self.request.judging is not None:
            check_judged(scene, self.model.card)
        return check_things(scene, self.model.card, self.request.save)

    def _begin(self, resources: ExitStack, clips: int, first: PlannedOutput) -> tuple[Session, ProgressBar]:
        """Open the model, and the progress bar for so many clips; `resources` closes them."""
        session = resources.enter_context(self._open_session())
        bar = resources.enter_context(self.console.progress("generating", self.frames * clips, "frames"))
        if self.style_picture is not None:  # read before the session was opened
            (file,) = self._style_file()
            self.look = look_of(self.style_picture, file.name, session, str(self.outcome.backend))
        if first.kind is Kind.RAW:
            size = {"height": self.height, "width": self.width}
            self.console.say(how_to_read(str(first.video), frames_per_second=self.frames_per_second, **size))
        return session, bar

    def _make_clips(self, task: _Task, scene: Scene, session: Session, bar: ProgressBar, clips_before: int) -> None:
        for number, output in enumerate(task.outputs, clips_before):
            with self._failing(task.paths):
                began = time.perf_counter()
                clip = self._clip(session, scene, output.sample)
                fitting, advance = fit_to_things(output, scene, self.model.card), self._advancing(bar, number)
                if self.request.judging is None:
                    judged, saved = None, clip.write(fitting, advance)
                else:
                    judged, saved = self._write_best(clip, fitting, self.request.judging, advance)
                self._record(task.paths, output, saved, time.perf_counter() - began, judged)
            if task.paths in self.outcome.failures:
                return
            if not output.to_stdout:
                self.console.write_lines([str(output.video)])

    def _write_best(
        self, clip: SceneClip, output: PlannedOutput, judging: Judging, advance: Callable[[int], None]
    ) -> tuple[Judged, list[Path]]:
        samples, backend = judging.samples(output.sample, self.request.samples), str(self.outcome.backend)
        return write_best(
            clip, output, judging, samples=samples, backend=backend, advance=advance, tell=self.console.say
        )

    def _open_session(self) -> Session:
        opened = open_session(self.request.backend, self.model, self.request.options, self.console.say)
        session, outcome = opened.session, self.outcome
        outcome.backend, outcome.device, outcome.precision = opened.backend, session.device, session.precision
        self.console.say(
            f"model {outcome.model}, backend {outcome.backend}, device {outcome.device}, precision {outcome.precision}"
        )
        return session

    def _style_file(self) -> list[Path]:
        return [self.request.style] if isinstance(self.request.style, Path) else []

    def _camera_file(self) -> list[Path]:
        return [self.camera.file] if self.camera is not None and self.camera.file is not None else []

    def _clip(self, session: Session, scene: Scene, sample: int) -> SceneClip:
        return SceneClip(
            session=session,
            card=self.model.card,
            scene=scene,
            seed=self.request.seed,
            sample=sample,
            frames=self.frames,
            frames_per_second=self.frames_per_second,
            look=self.look,
            camera=self.camera,
        )

    def _advancing(self, bar: ProgressBar, clips_before: int) -> Callable[[int], None]:
        return lambda frames: bar.advance(clips_before * self.frames + frames)

    def _record(
        self, paths: Input, output: PlannedOutput, saved: list[Path], seconds: float, judged: Judged | None
    ) -> None:
        clip = Clip(
            input=as_text(paths.label_map),
            output=str(output.video),
            saved=[str(path) for path in saved],
            frames=self.frames,
            height=self.height,
            width=self.width,
            seed=self.request.seed,
            sample=output.sample if judged is None else judged.kept.sample,
            style=self.look.name(self.request.seed),
            camera=self.request.camera or ("drawn" if self.model.card.camera else None),
            seconds=round(seconds, 3),
            judged=judged,
        )
        self.outcome.outputs.append(clip)

    @contextmanager
    def _failing(self, paths: Input) -> Iterator[None]:
        """Note an error that concerns one input; wrong usage concerns them all."""
        try:
            yield
        except Seg2VidError as error:
            if error.exit_code == UsageError.exit_code:
                raise
            self.outcome.failures[paths] = error
            if self.outcome.inputs > 1:
                self.console.report(error)
