"""What a run is to make: every input and its clips' files, found and checked before a network is loaded."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from seg2vid_cli.generation.outcome import Skipped, as_text
from seg2vid_cli.generation.request import GenerationRequest
from seg2vid_cli.generation.settings import ClipSettings
from seg2vid_cli.inputs.found_files import search_label_maps
from seg2vid_cli.inputs.scenes import Input, pair_inputs
from seg2vid_cli.outputs.checks import check_outputs
from seg2vid_cli.outputs.existing import finish_killed_runs, is_there
from seg2vid_cli.outputs.plan import PlannedOutputs, is_folder, plan_outputs
from seg2vid_cli.outputs.planned import PlannedOutput
from seg2vid_cli.outputs.room import check_room
from seg2vid_cli.outputs.save_names import names_to_save
from seg2vid_interface.model_card import ModelCard


@dataclass(frozen=True)
class Task:
    """One input and the clips that are to be made from it."""

    paths: Input
    outputs: tuple[PlannedOutput, ...]
    """At least one."""


class GenerationPlan:
    """The inputs of a run, and the clips that are left to make."""

    def __init__(
        self, request: GenerationRequest, card: ModelCard, settings: ClipSettings, tell: Callable[[str], None]
    ) -> None:
        """Find the inputs, plan all clips and check that they can be written; no picture is read.

        Args:
            request: what was asked for.
            card: of the model.
            settings: of the clips.
            tell: is told what was found, and what is there already.

        Raises:
            Seg2VidError: there are no inputs, or a clip cannot be written.
        """
        self._request, self._card, self._settings, self._tell = request, card, settings, tell
        results = Path(request.out) if request.out and is_folder(request.out) else None
        found = search_label_maps(request.labels, results)
        for message in found.messages:
            tell(message)
        inputs = pair_inputs(found.paths, request.first_frame, request.instances, found.places)
        outputs = self._plan([paths.source for paths in inputs], found.places)
        self._inputs = self._own(inputs)
        self.inputs = len(self._inputs)
        """How many there are, those that are skipped included."""
        self._outputs = outputs.only([paths.source for paths in self._inputs])
        self._left = dict[int, frozenset[int]]()
        self.skipped: list[Skipped] | None = None
        """The results that are there; None unless `--skip-existing` is given."""
        self.clips = len(self._outputs)
        """How many are left to make."""
        if not request.skip_existing:
            self._check_room()
        finish_killed_runs(self._outputs)
        if request.skip_existing:
            self._skip()
        self._check(file for paths in inputs for file in paths.files())

    def tasks(self) -> Iterator[Task]:
        """Yield the inputs of which clips are left to make, in order, each planned when it is its turn."""
        for number, paths in enumerate(self._inputs):
            left = self._left.get(number)
            if left is None or left:
                outputs = self._outputs.of(paths.source)
                yield Task(paths, tuple(output for output in outputs if left is None or output.sample in left))

    def _own(self, inputs: Sequence[Input]) -> Sequence[Input]:
        """Return the inputs of this run's shard."""
        shard = self._request.shard
        if shard is None:
            return inputs
        own = shard.of(inputs)
        self._tell(f"shard {shard}: {len(own)} of {len(inputs)} inputs{'' if own else ', so there is nothing to make'}")
        return own

    def _check_room(self) -> None:
        """Refuse what the disk cannot take before its plan takes the time."""
        settings = self._settings
        if self._outputs:
            size = {"height": settings.height, "width": settings.width}
            check_room(self._outputs[0], clips=len(self._outputs), frames=settings.frames, **size)

    def _plan(self, sources: Sequence[Path | None], places: Mapping[Path, Path]) -> PlannedOutputs:
        request, card = self._request, self._card
        has_labels, has_camera = card.label_space is not None, card.camera is not None
        frames = self._settings.frames
        return plan_outputs(
            sources,
            request.out,
            kind=request.kind,
            samples=request.samples,
            save=names_to_save(request.save, frames=frames, has_labels=has_labels, has_camera=has_camera),
            sheet=request.sheet,
            overwrite=request.overwrite,
            flow_format=request.flow_format,
            places=places,
            to_stdout=request.to_stdout,
        )

    def _skip(self) -> None:
        """Leave out the outputs that are there already."""
        self.skipped, frames, asked = [], self._settings.frames, self._request.save
        for number, paths in enumerate(self._inputs):
            outputs = self._outputs.of(paths.source)
            there = [output for output in outputs if is_there(output, frames, asked)]
            if there:
                self.skipped += [Skipped(as_text(o.source), str(o.video), o.sample) for o in there]
                self._left[number] = frozenset(o.sample for o in outputs) - {o.sample for o in there}
        if self.skipped:
            self._tell(f"skipped {len(self.skipped)} of {self.clips} results, which are there already")
        self.clips -= len(self.skipped)

    def _check(self, inputs: Iterable[Path]) -> None:
        settings = self._settings
        check_outputs(
            _Outputs(self),
            chain(inputs, settings.files()),
            frames=settings.frames,
            height=settings.height,
            width=settings.width,
            frames_per_second=settings.frames_per_second,
            has_labels=self._card.label_space is not None,
            has_camera=self._card.camera is not None,
        )


class _Outputs(Collection[PlannedOutput]):
    """All that a plan is left to make, each planned anew when it is asked for."""

    def __init__(self, plan: GenerationPlan) -> None:
        self._plan = plan

    def __len__(self) -> int:
        return self._plan.clips

    def __iter__(self) -> Iterator[PlannedOutput]:
        return (output for task in self._plan.tasks() for output in task.outputs)

    def __contains__(self, output: object) -> bool:
        return any(one == output for one in self)
