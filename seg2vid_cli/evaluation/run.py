"""One run of `seg2vid evaluate`: opens the model, and has a backend measure."""

from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from seg2vid_cli.evaluation.judge import open_judge
from seg2vid_cli.model_store.store import DEFAULT_MODEL, open_model
from seg2vid_cli.plugins import find_evaluator, listening, open_session
from seg2vid_cli.terminal.console import Console
from seg2vid_interface.backend import OpenOptions
from seg2vid_interface.errors import ModelError, Seg2VidError
from seg2vid_interface.evaluation import EvaluatedModel, Evaluation, EvaluationRequest, Segmenter

SIZE = (128, 256)
"""Of frames that are compared, where no model says."""
STEPS_OF_A_BAR = 1000


@dataclass(frozen=True)
class ModelToOpen:
    """Which model, and how."""

    name: str
    """Or folder."""
    backend: str
    options: OpenOptions


def run_evaluation(
    request: EvaluationRequest, model: ModelToOpen | None, judge: str | None, console: Console
) -> Evaluation:
    """Measure what is asked for; the request's model, height and width are those of `model`, if there is one.

    Args:
        request: all but the model and the segmenter.
        model: None for ready clips.
        judge: `--segmenter`: a model, or an ONNX file; None = the bundled model, if it suits.
        console: is told what is opened.

    Raises:
        Seg2VidError: what opening the model and the judge, and `Evaluator.evaluate` raise.
    """
    evaluator = find_evaluator()
    with ExitStack() as stack:
        if model is not None:
            request = _with_model(request, model, stack, console)
        if "labels" in request.metrics:
            request = replace(request, segmenter=_judge(request, judge, stack, console))
        stack.enter_context(listening(evaluator, console.say))
        bar = stack.enter_context(console.progress("measuring", STEPS_OF_A_BAR, "steps"))

        def advance(share: float, what: str) -> None:
            bar.advance(round(STEPS_OF_A_BAR * share), what)

        return evaluator.evaluate(request, advance)


def _with_model(
    request: EvaluationRequest, model: ModelToOpen, stack: ExitStack, console: Console
) -> EvaluationRequest:
    folder = open_model(model.name)
    if "motion" not in folder.card.stages:
        raise ModelError(f"{folder.path}: has no motion stage, so it makes no clips", "Add one with seg2vid export.")
    opened = open_session(model.backend, folder, model.options, console.say)
    session = stack.enter_context(opened.session)
    evaluated = EvaluatedModel(folder, session, opened.backend)
    return replace(request, model=evaluated, height=session.height, width=session.width)


def _judge(
    request: EvaluationRequest, named: str | None, stack: ExitStack, console: Console
) -> Segmenter | Path | None:
    size = request.height, request.width
    try:
        return stack.enter_context(open_judge(named or DEFAULT_MODEL, request.device, size))
    except Seg2VidError as error:
        if named is not None:
            raise
        console.say(f"without label agreement by the model {DEFAULT_MODEL}: {error.message}")  # of another size, say
        return None
