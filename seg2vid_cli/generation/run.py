"""`seg2vid generate` behind its flags: from paths and settings to finished clips.

What is cheap to check comes first, so that bad input fails before a network is loaded: the model's card, the size,
and whether all results can be written.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext, suppress

from seg2vid_cli.generation.label_agreement import check_judge
from seg2vid_cli.generation.making import ClipMaker
from seg2vid_cli.generation.outcome import Outcome
from seg2vid_cli.generation.packing import packed
from seg2vid_cli.generation.plan import GenerationPlan, shards_of
from seg2vid_cli.generation.ray_engine.maker import RayClipMaker
from seg2vid_cli.generation.ray_engine.worker_report import table
from seg2vid_cli.generation.report import Report
from seg2vid_cli.generation.request import GenerationRequest
from seg2vid_cli.generation.settings import ClipSettings, clip_settings
from seg2vid_cli.inputs.cameras import check_camera
from seg2vid_cli.inputs.scenes import check_inputs, check_label_format
from seg2vid_cli.inputs.stdin import STDIN, check_stdin
from seg2vid_cli.inputs.styles import check_style
from seg2vid_cli.model_store.store import open_model
from seg2vid_cli.outputs.webdataset.lock import held
from seg2vid_cli.terminal.binary_stdout import ReaderGoneError, check_stdout
from seg2vid_cli.terminal.console import Console
from seg2vid_cli.terminal.tables import render
from seg2vid_interface.cores import limit_cores
from seg2vid_interface.model_card import ModelCard, ModelFolder


def generate_clips(request: GenerationRequest, console: Console) -> Outcome:
    """Make every clip that can be made; an input that fails is reported and does not stop the others.

    Raises:
        Seg2VidError: what concerns all of the inputs: flags, output names, the model, the backend, the device.
    """
    model = open_model(request.model)
    _check_flags(request, model.card)
    settings = clip_settings(request, model.card)
    shards = shards_of(request)
    with nullcontext() if shards is None else held(shards):
        return _generate_planned(request, model, settings, console)


def _generate_planned(
    request: GenerationRequest, model: ModelFolder, settings: ClipSettings, console: Console
) -> Outcome:
    plan = GenerationPlan(request, model.card, settings, console.say)
    outcome = Outcome(model.card.name, inputs=plan.inputs, skipped=plan.skipped)
    names_clips = not request.to_stdout and plan.shards is None
    report = Report(console, outcome, frames=settings.frames * plan.clips, names_clips=names_clips)
    with (
        suppress(ReaderGoneError),
        _threads(request.threads),
        _maker(request, model, settings, plan.clips, console) as maker,
        report,
        closing(maker.make(plan.tasks(), report.advance)) as results,
    ):
        shown = results if plan.shards is None else packed(results, plan, plan.shards, request.clips_per_shard)
        for made in shown:
            report.add(made)
    if isinstance(maker, RayClipMaker):
        outcome.workers = maker.reports
        outcome.put_in_order(task.paths for task in plan.tasks())
        for line in render(table(maker.reports), markdown=False) if maker.reports else ():
            console.say(line)
    return outcome


def _maker(
    request: GenerationRequest, model: ModelFolder, settings: ClipSettings, clips: int, console: Console
) -> ClipMaker | RayClipMaker:
    if request.ray is None:
        return ClipMaker(request, model, settings)
    return RayClipMaker(request, model, settings, ray=request.ray, clips=clips, debug=console.debug)


@contextmanager
def _threads(threads: int | None) -> Iterator[None]:
    """Limit a session that is opened within the block to so many; None = as many as there are cores."""
    limit_cores(threads)
    try:
        yield
    finally:
        limit_cores(None)


def _check_flags(request: GenerationRequest, card: ModelCard) -> None:
    check_inputs(request.labels, request.first_frame, card, request.instances)
    check_style(request.style, request.first_frame, card)
    check_camera(request.camera, card)
    if request.judging is not None:
        check_judge(card)
    check_label_format(request.label_format, card)
    if STDIN in request.labels:
        check_stdin()
    if request.to_stdout:
        check_stdout()
