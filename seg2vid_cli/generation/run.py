"""`seg2vid generate` behind its flags: from paths and settings to finished clips.

What is cheap to check comes first, so that bad input fails before a network is loaded: the model's card, the size,
and whether all results can be written.
"""

from contextlib import closing, suppress

from seg2vid_cli.generation.label_agreement import check_judge
from seg2vid_cli.generation.making import ClipMaker
from seg2vid_cli.generation.outcome import Outcome
from seg2vid_cli.generation.packing import packed
from seg2vid_cli.generation.plan import GenerationPlan
from seg2vid_cli.generation.report import Report
from seg2vid_cli.generation.request import GenerationRequest
from seg2vid_cli.generation.settings import clip_settings
from seg2vid_cli.inputs.cameras import check_camera
from seg2vid_cli.inputs.scenes import check_inputs, check_label_format
from seg2vid_cli.inputs.stdin import STDIN, check_stdin
from seg2vid_cli.inputs.styles import check_style
from seg2vid_cli.model_store.store import open_model
from seg2vid_cli.terminal.binary_stdout import ReaderGoneError, check_stdout
from seg2vid_cli.terminal.console import Console
from seg2vid_interface.model_card import ModelCard


def generate_clips(request: GenerationRequest, console: Console) -> Outcome:
    """Make every clip that can be made; an input that fails is reported and does not stop the others.

    Raises:
        Seg2VidError: what concerns all of the inputs: flags, output names, the model, the backend, the device.
    """
    model = open_model(request.model)
    _check_flags(request, model.card)
    settings = clip_settings(request, model.card)
    plan = GenerationPlan(request, model.card, settings, console.say)
    outcome = Outcome(model.card.name, inputs=plan.inputs, skipped=plan.skipped)
    names_clips = not request.to_stdout and plan.shards is None
    report = Report(console, outcome, frames=settings.frames * plan.clips, names_clips=names_clips)
    with (
        suppress(ReaderGoneError),
        ClipMaker(request, model, settings) as maker,
        report,
        closing(maker.make(plan.tasks(), report.advance)) as results,
    ):
        shown = results if plan.shards is None else packed(results, plan, plan.shards, request.clips_per_shard)
        for made in shown:
            report.add(made)
    return outcome


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
