"""What a run is to make: every input and its clips' files, found and checked before a network is loaded."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from seg2vid_cli.generation.outcome import Skipped, as_text
from seg2vid_cli.generation.request import GenerationRequest
from seg2vid_cli.generation.settings import ClipSettings
from seg2vid_cli.inputs.found_files import search_label_maps
from seg2vid_cli.inputs.scenes import Input, pair_inputs
from seg2vid_cli.outputs.checks import check_outputs
from seg2vid_cli.outputs.existing import finish_killed_runs, left_to_make
from seg2vid_cli.outputs.plan import is_folder, plan_outputs
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
        self._inputs = pair_inputs(found.paths, request.first_frame, request.instances, found.places)
        self.skipped: list[Skipped] | None = [] if request.skip_existing else None
        """The results that are there; None unless `--skip-existing` is given."""
        if not request.skip_existing:
            self._check_room(found.places)
        planned = self._planned(self._inputs, found.places, request.samples)
        finish_killed_runs(planned)
        outputs = self._left_to_make(planned)
        if outputs:
            self._check(outputs)
        self._by_source: dict[Path | None, list[PlannedOutput]] = {}
        for output in outputs:
            self._by_source.setdefault(output.source, []).append(output)

    @property
    def inputs(self) -> int:
        """How many there are, those that are skipped included."""
        return len(self._inputs)

    @property
    def clips(self) -> int:
        """How many are left to make."""
        return sum(map(len, self._by_source.values()))

    def tasks(self) -> Iterator[Task]:
        """Yield the inputs of which clips are left to make, in order."""
        for paths in self._inputs:
            if outputs := self._by_source.get(paths.source):
                yield Task(paths, tuple(outputs))

    def _check_room(self, places: Mapping[Path, Path]) -> None:
        """Refuse what the disk cannot take before its plan takes the memory."""
        [output] = self._planned(self._inputs[:1], places, 1)
        settings, clips = self._settings, len(self._inputs) * self._request.samples
        check_room(output, clips=clips, frames=settings.frames, height=settings.height, width=settings.width)

    def _planned(self, inputs: Sequence[Input], places: Mapping[Path, Path], samples: int) -> list[PlannedOutput]:
        request, card = self._request, self._card
        has_labels, has_camera = card.label_space is not None, card.camera is not None
        frames = self._settings.frames
        return plan_outputs(
            [paths.source for paths in inputs],
            request.out,
            kind=request.kind,
            samples=samples,
            save=names_to_save(request.save, frames=frames, has_labels=has_labels, has_camera=has_camera),
            sheet=request.sheet,
            overwrite=request.overwrite,
            flow_format=request.flow_format,
            places=places,
            to_stdout=request.to_stdout,
        )

    def _left_to_make(self, outputs: list[PlannedOutput]) -> list[PlannedOutput]:
        """Return the outputs without those that are there already, if these are to be skipped."""
        if self.skipped is None:
            return outputs
        left = left_to_make(outputs, self._settings.frames, self._request.save)
        kept = {output.video for output in left}
        skipped = [output for output in outputs if output.video not in kept]
        self.skipped += [Skipped(as_text(o.source), str(o.video), o.sample) for o in skipped]
        if skipped:
            self._tell(f"skipped {len(skipped)} of {len(outputs)} results, which are there already")
        return left

    def _check(self, outputs: Sequence[PlannedOutput]) -> None:
        settings = self._settings
        check_outputs(
            outputs,
            [*(file for paths in self._inputs for file in paths.files()), *settings.files()],
            frames=settings.frames,
            height=settings.height,
            width=settings.width,
            frames_per_second=settings.frames_per_second,
            has_labels=self._card.label_space is not None,
            has_camera=self._card.camera is not None,
        )
