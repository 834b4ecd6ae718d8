"""`seg2vid export` behind its flags: finds the sources, and has graphs compared with the weights they come from."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from seg2vid_cli.model_store.store import find_model, model_names
from seg2vid_cli.plugins import find_exporter, load_backend
from seg2vid_cli.terminal.console import Console
from seg2vid_interface.agreement import (
    LABELS_TOLERANCE,
    STYLE_TOLERANCE,
    measure_agreement,
    measure_labels,
    measure_styles,
)
from seg2vid_interface.backend import ExportRequest, ExportResult, OpenOptions
from seg2vid_interface.errors import ModelError, UsageError
from seg2vid_interface.model_card import CARD_NAME, ModelFolder

GRAPH_BACKEND = "onnx"
REFERENCE_BACKEND = "torch"


@dataclass(frozen=True)
class ExportSettings:
    """One run of `seg2vid export`."""

    sources: tuple[str, ...]
    """Names of models, or paths of runs, checkpoints and model folders."""
    out: Path | None
    """None = a folder of the model's name here."""
    card: Path | None
    graphs: tuple[str, ...]
    """Precisions of the ONNX graphs."""
    half_weights: bool
    """How weights are stored."""
    verify: bool
    overwrite: bool


def export_model(settings: ExportSettings, console: Console) -> tuple[ExportResult, list[dict[str, Any]]]:
    """Make the model folder; return it and, per precision of its graphs, how far they agree with PyTorch.

    Raises:
        Seg2VidError: what the exporter raises; UsageError where there is no name for the folder; ModelError where the
            graphs do not agree, which leaves nothing behind.
    """
    sources = tuple(_find_source(source) for source in settings.sources)
    agreements: list[dict[str, Any]] = []

    def check(model: ModelFolder) -> None:
        for precision in settings.graphs:
            agreements.append(_compare(model, precision, console))

    request = ExportRequest(
        sources,
        settings.out or _default_folder(sources),
        card=settings.card,
        graphs=settings.graphs,
        half_weights=settings.half_weights,
        check=check if settings.verify and settings.graphs else None,
        overwrite=settings.overwrite,
    )
    return find_exporter().export(request), agreements


def _find_source(source: str) -> Path:
    """Return a model's folder if this is its name, else the path."""
    return find_model(source) if source in model_names() else Path(source)


def _default_folder(sources: tuple[Path, ...]) -> Path:
    if len(sources) == 1 and (sources[0] / CARD_NAME).is_file():
        return Path(sources[0].absolute().name)
    raise UsageError("-o is missing", "Name the model folder to make: -o MODEL-FOLDER.")


def _compare(model: ModelFolder, precision: str, console: Console) -> dict[str, Any]:
    """Say how far the graphs of one precision agree with PyTorch.  Raises ModelError where it is too little."""
    with (
        load_backend(REFERENCE_BACKEND).open(model, OpenOptions("cpu", "fp32")) as reference,
        load_backend(GRAPH_BACKEND).open(model, OpenOptions("cpu", precision)) as graphs,
    ):
        makes_pictures = not model.card.stages.keys() <= {"labels"}
        agreement = measure_agreement(reference, graphs, model.card) if makes_pictures else None
        style_difference = measure_styles(reference, graphs, model.card)
        label_difference = measure_labels(reference, graphs, model.card)
    console.say(f"{GRAPH_BACKEND} in {precision} against {REFERENCE_BACKEND}:")
    for line in agreement.lines() if agreement else ():
        console.say(line)
    problem = agreement.problem() if agreement else None
    if label_difference is not None:
        console.say(f"    {label_difference:.3%} of a picture's labels differ")
        if label_difference > LABELS_TOLERANCE:
            problem = problem or f"{label_difference:.2%} of a picture's labels differ"
    if style_difference is not None and style_difference > STYLE_TOLERANCE:
        problem = problem or f"styles read from a picture differ by {style_difference:.2g}"
    if problem:
        raise ModelError(
            f"the {precision} graphs do not compute what the weights do: {problem}",
            "Nothing was exported; --no-verify exports all the same.",
        )
    measured = {"style": style_difference, "told_labels": label_difference}
    return (asdict(agreement) if agreement else {"precision": precision}) | {
        name: difference for name, difference in measured.items() if difference is not None
    }
