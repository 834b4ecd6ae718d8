"""Making a model folder from training runs, checkpoints, or a model that is to be exported again."""

import os
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import nn

from seg2vid_interface.backend import ExportRequest, ExportResult, Stage
from seg2vid_interface.errors import ModelError, OutputError
from seg2vid_interface.graphs import HALVED_GRAPHS, KEY_FRAME_GRAPHS, graph_file
from seg2vid_interface.model_card import CARD_NAME, ModelCard, ModelFolder, file_sha256, read_card
from seg2vid_interface.staging.leftovers import put_right
from seg2vid_interface.staging.staging import Staging
from seg2vid_torch.export.card import make_card, stage_graphs
from seg2vid_torch.export.half_weights import round_weights, stored
from seg2vid_torch.export.sources import read_stages
from seg2vid_torch.stages.card_text import CardText, joined_text, read_card_text
from seg2vid_torch.stages.licences import LICENCE_NAME, name_licence_files
from seg2vid_torch.stages.trained_stage import TrainedStage


def export(request: ExportRequest) -> ExportResult:
    """Make the model folder; see `seg2vid_interface.backend.Exporter`."""
    target = Path(os.path.realpath(request.out))
    put_right([target.parent])
    if os.path.lexists(request.out) and not request.overwrite:
        raise OutputError(f"-o {request.out}: exists already", "Name another folder, or add --overwrite.")
    if not target.parent.is_dir():
        raise OutputError(f"-o {request.out}: its parent folder does not exist", "Make it first.")
    given_text = read_card_text(request.card) if request.card else None
    stages = read_stages(request.sources)
    staging = Staging(overwrite=request.overwrite)
    try:
        folder = staging.add_folder(target, whole=not request.overwrite)  # or files that are no model's stay
        folder.mkdir()
        card = make_card(_model_name(request.out), stages, given_text)
        card = _write_model(folder, card, stages, given_text, request)
        if request.check:
            request.check(ModelFolder(folder, card))
        for name in _files_of_old_model(target):
            if not (folder / name).exists() and os.path.lexists(target / name):  # of a stage that it had
                staging.take_away(target / name)
        staging.commit()
    except (OSError, SafetensorError) as error:  # either may tell of a full disk
        problem = getattr(error, "strerror", None) or str(error)
        raise OutputError(f"-o {request.out}: cannot be written: {problem}", "See that the disk has room.") from error
    finally:
        staging.discard()
    files = {name: (request.out / name).stat().st_size for name in [CARD_NAME, *card.all_files()]}
    return ExportResult(request.out, card.name, tuple(stages), files)


def _model_name(out: Path) -> str:
    return out.absolute().name.lower().replace(" ", "-")


def _write_model(
    folder: Path,
    card: ModelCard,
    stages: Mapping[Stage, TrainedStage],
    given_text: CardText | None,
    request: ExportRequest,
) -> ModelCard:
    """Write weights, graphs, licence and card into `folder`; return the card with the files' hashes."""
    for trained in stages.values():
        if request.half_weights:
            for network in trained.networks().values():
                round_weights(network)
        for name, network in trained.networks().items():
            _write_weights(folder / f"{name}.safetensors", network, half=request.half_weights)
        _write_graphs(folder, trained, card, request)
    text = given_text or joined_text([trained.text for trained in stages.values()])
    for file, content in name_licence_files(text.licence_files).items():
        (folder / file).write_bytes(content)
    card = _with_hashes(card, folder)
    (folder / CARD_NAME).write_text(card.model_dump_json(indent=1) + "\n", encoding="utf-8")
    return card


def _write_weights(file: Path, network: nn.Module, *, half: bool) -> None:
    save_file({name: stored(values, half=half) for name, values in network.state_dict().items()}, file)
    file.chmod(0o644)  # safetensors makes it readable for its owner alone


def _write_graphs(folder: Path, trained: TrainedStage, card: ModelCard, request: ExportRequest) -> None:
    if not request.graphs:
        return
    from seg2vid_torch.export.onnx_graphs import write_graph  # loads onnx, which few exports need

    for name, graph in stage_graphs(trained, card).items():
        precisions = request.graphs if name in HALVED_GRAPHS else ("fp32",)
        for precision in precisions:
            file = folder / graph_file(name, precision)
            write_graph(graph, name, card, file, precision, half_weights=request.half_weights)


def _with_hashes(card: ModelCard, folder: Path) -> ModelCard:
    hashes = {file.name: file_sha256(file) for file in sorted(folder.iterdir())}
    stages = {
        name: stage.model_copy(
            update={"files": {file: sha256 for file, sha256 in hashes.items() if _stage_of(file) == name}}
        )
        for name, stage in card.stages.items()
    }
    licences = {file: sha256 for file, sha256 in hashes.items() if file.startswith(LICENCE_NAME)}
    return card.model_copy(update={"stages": stages, "licence_files": licences})


def _stage_of(file: str) -> str:
    name = file.partition(".")[0]
    return "image" if name == "style" else "motion" if name in KEY_FRAME_GRAPHS else name


def _files_of_old_model(folder: Path) -> list[str]:
    try:
        return [CARD_NAME, *read_card(folder).all_files()]
    except ModelError:  # no model, or a damaged card, which the new one replaces
        return []
