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
from seg2vid_cli.outputs.existing import existing_fields, finish_killed_runs, is_there, without_optional
from seg2vid_cli.outputs.plan import PlannedOutputs, is_folder, plan_outputs
from seg2vid_cli.outputs.planned import PlannedOutput
from seg2vid_cli.outputs.room import check_room
from seg2vid_cli.outputs.save_names import names_to_save
from seg2vid_cli.outputs.webdataset.existing import PackedClips, shard_names
from seg2vid_cli.outputs.webdataset.names import FORMAT, ShardNames
from seg2vid_interface.model_card import ModelCard


@dataclass(frozen=True)
class Task:
    """One input and the clips that are to be made from it."""

    paths: Input
    outputs: tuple[PlannedOutput, ...]
    """At least one."""


def shards_of(request: GenerationRequest) -> ShardNames | None:
    """Return the shards that clips go into; None = they lie by themselves.  Raises what `shard_names` raises."""
    if request.kind != FORMAT:
        return None
    return shard_names(request.out, "" if request.shard is None else str(request.shard))


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
        self.shards = shards_of(request)
        """Those that the clips go into; None = they lie by themselves."""
        self.unpacked: list[list[Path]] = []
        """The files of each clip that an earlier run made, and put into no shard."""
        self.packed_already: list[Path] = []
        """Files of clips that lie in shards; an earlier run was killed before it removed them."""
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
        skipping = {"overwrite": request.overwrite, "skip_existing": request.skip_existing}
        packed = None if self.shards is None else PackedClips(self.shards, **skipping)
        if request.skip_existing:
            self._skip(packed)
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
            shards=self.shards,
        )

    def _skip(self, packed: PackedClips | None) -> None:
        """Leave out the outputs that are there already."""
        self.skipped = []
        for number, paths in enumerate(self._inputs):
            outputs, there = self._outputs.of(paths.source), set[int]()
            for output in outputs:
                if (place := self._place_of(output, packed)) is not None:
                    self.skipped.append(Skipped(as_text(output.source), str(place), output.sample))
                    there.add(output.sample)
            if there:
                self._left[number] = frozenset(output.sample for output in outputs) - there
        if self.skipped:
            self._tell(f"skipped {len(self.skipped)} of {self.clips} results, which are there already")
        self.clips -= len(self.skipped)

    def _place_of(self, output: PlannedOutput, packed: PackedClips | None) -> Path | None:
        """Return where an output is that is there already, and note what is left of it outside of shards."""
        needed = without_optional(output, self._request.save)
        if packed is not None and (shard := packed.shard_of(needed)) is not None:
            self.packed_already += packed.in_shard(existing_fields(output))
            return shard
        if not is_there(needed, self._settings.frames):
            return None
        if packed is not None:
            self.unpacked.append(existing_fields(output))
        return output.video

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
