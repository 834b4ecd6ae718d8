"""Making a model folder from training runs, checkpoints, or a model that is to be exported again."""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from safetensors.torch import save_file
from torch import nn

from seg2vid_interface.backend import ExportRequest, ExportResult, Stage
from seg2vid_interface.errors import ModelError, OutputError
from seg2vid_interface.graphs import graph_file
from seg2vid_interface.model_card import CARD_NAME, ModelCard, ModelFolder, file_sha256, read_card
from seg2vid_torch.export.card import make_card, stage_graph, text_of
from seg2vid_torch.export.sources import read_stages
from seg2vid_torch.stages.card_text import CardText, read_card_text
from seg2vid_torch.stages.trained_stage import TrainedStage


def export(request: ExportRequest) -> ExportResult:
    """Make the model folder; see `seg2vid_interface.backend.Exporter`."""
    if request.out.exists() and not request.overwrite:
        raise OutputError(f"-o {request.out}: exists already", "Name another folder, or add --overwrite.")
    if not request.out.absolute().parent.is_dir():
        raise OutputError(f"-o {request.out}: its parent folder does not exist", "Make it first.")
    given_text = read_card_text(request.card) if request.card else None
    stages = read_stages(request.sources)
    try:
        with tempfile.TemporaryDirectory(dir=request.out.absolute().parent, prefix=".seg2vid-export-") as temporary:
            folder = Path(temporary) / "model"
            folder.mkdir()
            card = _write_model(folder, _model_name(request.out), stages, given_text, request.graphs)
            if request.check:
                request.check(ModelFolder(folder, card))
            _move_into_place(folder, request.out)
    except OSError as error:
        raise OutputError(f"-o {request.out}: cannot be written: {error.strerror or error}") from error
    files = {name: (request.out / name).stat().st_size for name in [CARD_NAME, *card.all_files()]}
    return ExportResult(request.out, card.name, tuple(stages), files)


def _model_name(out: Path) -> str:
    return out.absolute().name.lower().replace(" ", "-")


def _write_model(
    folder: Path,
    name: str,
    stages: Mapping[Stage, TrainedStage],
    given_text: CardText | None,
    precisions: tuple[str, ...],
) -> ModelCard:
    """Write weights, graphs, licence and card into `folder`; return the card."""
    text = given_text or text_of(stages)
    card = make_card(name, stages, given_text)
    for trained in stages.values():
        _write_weights(folder / f"{trained.stage}.safetensors", trained.network)
        _write_graphs(folder, trained, card, precisions)
    if text.licence_file:
        shutil.copyfile(text.licence_file, folder / "LICENSE")
    card = _with_hashes(card, folder)
    (folder / CARD_NAME).write_text(card.model_dump_json(indent=1) + "\n", encoding="utf-8")
    return card


def _write_weights(file: Path, network: nn.Module) -> None:
    save_file({name: value.contiguous() for name, value in network.state_dict().items()}, file)
    file.chmod(0o644)  # safetensors makes it readable for its owner alone


def _write_graphs(folder: Path, trained: TrainedStage, card: ModelCard, precisions: tuple[str, ...]) -> None:
    if not precisions:
        return
    from seg2vid_torch.export.onnx_graphs import write_graph  # loads onnx, which few exports need

    for precision in precisions:
        write_graph(
            stage_graph(trained, card), trained.stage, card, folder / graph_file(trained.stage, precision), precision
        )


def _with_hashes(card: ModelCard, folder: Path) -> ModelCard:
    hashes = {file.name: file_sha256(file) for file in sorted(folder.iterdir())}
    stages = {
        name: stage.model_copy(
            update={"files": {file: sha256 for file, sha256 in hashes.items() if file.startswith(f"{name}.")}}
        )
        for name, stage in card.stages.items()
    }
    licences = {file: sha256 for file, sha256 in hashes.items() if file == "LICENSE"}
    return card.model_copy(update={"stages": stages, "licence_files": licences})


def _move_into_place(folder: Path, out: Path) -> None:
    """Move the finished folder to `out`; where that exists, replace the model's files alone.

    The old card goes first and the new one comes last, so that a fault in between leaves no model rather than one whose
    files do not fit its card.
    """
    if not out.exists():
        folder.rename(out)
        return
    for name in _files_of_old_model(out):
        (out / name).unlink(missing_ok=True)
    for file in sorted(folder.iterdir(), key=lambda path: path.name == CARD_NAME):
        file.replace(out / file.name)


def _files_of_old_model(folder: Path) -> list[str]:
    try:
        return [CARD_NAME, *read_card(folder).all_files()]
    except ModelError:  # no model, or a damaged card, which the new one replaces
        return []
