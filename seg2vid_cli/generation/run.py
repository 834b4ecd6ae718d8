"""`seg2vid generate` behind its flags: from paths and settings to finished clips, one at a time.

What is cheap to check comes first, so that bad input fails before a network is loaded: the model's card, the size,
whether the results can be written, and the label maps.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from seg2vid_cli.generation.look import OWN_LOOK, Look, look_of
from seg2vid_cli.generation.scene_clip import SceneClip
from seg2vid_cli.generation.things import check_things, fit_to_things
from seg2vid_cli.inputs.cameras import check_camera, read_camera
from seg2vid_cli.inputs.scenes import Input, Scene, check_inputs, pair_inputs, read_scene
from seg2vid_cli.inputs.styles import check_style, read_style_picture
from seg2vid_cli.model_store.store import open_model
from seg2vid_cli.outputs.checks import check_outputs
from seg2vid_cli.outputs.plan import plan_outputs
from seg2vid_cli.outputs.planned import PlannedOutput
from seg2vid_cli.outputs.save_names import names_to_save
from seg2vid_cli.plugins import open_session
from seg2vid_cli.terminal.console import Console, ProgressBar
from seg2vid_interface.backend import OpenOptions, Session
from seg2vid_interface.errors import Seg2VidError, UsageError
from seg2vid_interface.model_card import ModelFolder
from seg2vid_interface.sizes import choose_size


@dataclass(frozen=True)
class GenerationRequest:
    """One run of `seg2vid generate`."""

    labels: tuple[Path, ...]
    out: str | None
    """As typed: a trailing slash means a folder."""
    model: str
    """Name or folder."""
    frames: int | None
    """Length of a clip; None = the model's."""
    frames_per_second: float | None
    """None = the model's."""
    seed: int
    samples: int
    """Clips per input."""
    first_frame: Path | None
    instances: Path | None
    style: int | Path | None
    """Seed of the look, or a picture whose look it is to be; None = the clip's own."""
    camera: str | None
    """The path that is driven: a name, rates or a file; None = as the motion says."""
    label_format: str
    save: frozenset[str]
    """Among `SAVE_NAMES`, or "all"."""
    flow_format: str
    """Among `FLOW_FORMATS`."""
    sheet: Path | None
    kind: str | None
    """Of the results: "mp4", ...; None = what `out` says."""
    backend: str
    """A name or "auto"."""
    options: OpenOptions
    overwrite: bool


@dataclass(frozen=True)
class Clip:
    """One finished result, as JSON's `outputs` lists it."""

    input: str | None
    output: str
    saved: list[str]
    frames: int
    height: int
    width: int
    seed: int
    sample: int
    style: int | str
    """Seed of the look, or the name of the picture that it is of."""
    camera: str | None
    """The camera's path as it was given, or "drawn"; None for a model whose camera does not drive as it is told."""
    seconds: float


@dataclass
class Outcome:
    """What a run made, and which of its inputs failed."""

    model: str
    backend: str | None = None
    device: str | None = None
    precision: str | None = None
    outputs: list[Clip] = field(default_factory=list)
    failures: dict[Input, Seg2VidError] = field(default_factory=dict)

    def data(self) -> dict[str, Any]:
        """Return JSON's `data`; it has `failures` only if some input failed."""
        data = {name: getattr(self, name) for name in ("model", "backend", "device", "precision")}
        data["outputs"] = [asdict(clip) for clip in self.outputs]
        if self.failures:
            data["failures"] = [
                {"input": _text(paths.label_map), "code": error.code, "message": error.message, "hint": error.hint}
                for paths, error in self.failures.items()
            ]
        return data


def generate_clips(request: GenerationRequest, console: Console) -> Outcome:
    """Make every clip that can be made; an input that fails is reported and does not stop the others.

    Raises:
        Seg2VidError: what concerns all of the inputs: flags, output names, the model, the backend, the device.
    """
    model = open_model(request.model)
    check_inputs(request.labels, request.first_frame, model.card, request.instances)
    check_style(request.style, request.first_frame, model.card)
    check_camera(request.camera, model.card)
    generation = _Generation(request, console, model)
    inputs = pair_inputs(request.labels, request.first_frame, request.instances)
    outputs = generation.plan(inputs)
    scenes = generation.read(inputs)
    if scenes:
        generation.make(scenes, outputs)
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
        self.outcome = Outcome(card.name)
        self.camera = None if request.camera is None else read_camera(request.camera)
        style = request.style
        self.style_picture = read_style_picture(style, card) if isinstance(style, Path) else None
        self.look = Look(seed=style) if isinstance(style, int) else OWN_LOOK

    def plan(self, inputs: list[Input]) -> list[PlannedOutput]:
        """Plan all clips.  Raises UsageError or OutputError if one cannot be written."""
        request, has_labels = self.request, self.label_space is not None
        has_camera = self.model.card.camera is not None
        outputs = plan_outputs(
            [paths.source for paths in inputs],
            request.out,
            kind=request.kind,
            samples=request.samples,
            save=names_to_save(request.save, frames=self.frames, has_labels=has_labels, has_camera=has_camera),
            sheet=request.sheet,
            overwrite=request.overwrite,
            flow_format=request.flow_format,
        )
        check_outputs(
            outputs,
            [*(file for paths in inputs for file in paths.files()), *self._style_file(), *self._camera_file()],
            frames=self.frames,
            height=self.height,
            width=self.width,
            frames_per_second=self.frames_per_second,
            has_labels=has_labels,
            has_camera=has_camera,
        )
        return outputs

    def read(self, inputs: list[Input]) -> dict[Input, Scene]:
        """Read all inputs; those that fail are left out."""
        scenes: dict[Input, Scene] = {}
        for paths in inputs:
            with self._failing(paths):
                scene = read_scene(paths, self.request.label_format, self.model.card, self.height, self.width)
                notes = check_things(scene, self.model.card, self.request.save)
                scenes[paths] = scene
                for message in (*scene.messages, *notes):
                    self.console.say(message)
        return scenes

    def make(self, scenes: dict[Input, Scene], outputs: list[PlannedOutput]) -> None:
        """Make the clips of the scenes, one after another."""
        inputs = {paths.source: paths for paths in scenes}
        planned = [output for output in outputs if output.source in inputs]
        total = self.frames * len(planned)
        with self._open_session() as session, self.console.progress("generating", total, "frames") as bar:
            if self.style_picture is not None:  # read before the session was opened
                (file,) = self._style_file()
                self.look = look_of(self.style_picture, file.name, session, str(self.outcome.backend))
            for number, output in enumerate(planned):
                paths = inputs[output.source]
                if paths in self.outcome.failures:
                    continue
                with self._failing(paths):
                    began = time.perf_counter()
                    clip = self._clip(session, scenes[paths], output.sample)
                    saved = clip.write(
                        fit_to_things(output, scenes[paths], self.model.card), self._advancing(bar, number)
                    )
                    self._record(paths, output, saved, time.perf_counter() - began)
                if paths not in self.outcome.failures:
                    self.console.write_lines([str(output.video)])

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

    def _record(self, paths: Input, output: PlannedOutput, saved: list[Path], seconds: float) -> None:
        clip = Clip(
            input=_text(paths.label_map),
            output=str(output.video),
            saved=[str(path) for path in saved],
            frames=self.frames,
            height=self.height,
            width=self.width,
            seed=self.request.seed,
            sample=output.sample,
            style=self.look.name(self.request.seed),
            camera=self.request.camera or ("drawn" if self.model.card.camera else None),
            seconds=round(seconds, 3),
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
            if len(self.request.labels) > 1:
                self.console.report(error)


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)
