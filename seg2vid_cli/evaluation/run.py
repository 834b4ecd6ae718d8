"""One run of `seg2vid evaluate`: opens the model, and has a backend measure."""

from dataclasses import dataclass, replace

from seg2vid_cli.model_store.store import open_model
from seg2vid_cli.plugins import find_evaluator, listening, open_session
from seg2vid_cli.terminal.console import Console
from seg2vid_interface.backend import OpenOptions
from seg2vid_interface.errors import ModelError
from seg2vid_interface.evaluation import EvaluatedModel, Evaluation, EvaluationRequest

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


def run_evaluation(request: EvaluationRequest, model: ModelToOpen | None, console: Console) -> Evaluation:
    """Measure what is asked for; the request's model, height and width are those of `model`, if there is one.

    Raises:
        Seg2VidError: what opening the model and `Evaluator.evaluate` raise.
    """
    evaluator = find_evaluator()
    with listening(evaluator, console.say), console.progress("measuring", STEPS_OF_A_BAR, "steps") as bar:

        def advance(share: float, what: str) -> None:
            bar.advance(round(STEPS_OF_A_BAR * share), what)

        if model is None:
            return evaluator.evaluate(request, advance)
        folder = open_model(model.name)
        if "motion" not in folder.card.stages:
            raise ModelError(
                f"{folder.path}: has no motion stage, so it makes no clips", "Add one with seg2vid export."
            )
        opened = open_session(model.backend, folder, model.options, console.say)
        with opened.session as session:
            evaluated = EvaluatedModel(folder, session, opened.backend)
            whole = replace(request, model=evaluated, height=session.height, width=session.width)
            return evaluator.evaluate(whole, advance)
