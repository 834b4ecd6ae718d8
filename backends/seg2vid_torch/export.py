"""Making a model folder from training runs, checkpoints, or a model that is to be exported again."""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import torch
from pydantic import ValidationError
from safetensors.torch import save_file
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from seg2vid_interface.backend import ExportRequest, ExportResult, Stage
from seg2vid_interface.errors import ModelError, OutputError
from seg2vid_interface.graphs import graph_file
from seg2vid_interface.model_card import CARD_NAME, ModelCard, ModelFolder, StageCard, file_sha256, read_card
from seg2vid_interface.sizes import SizeRule
from seg2vid_interface.validation import problems_of
from seg2vid_torch.card_text import CardText, read_card_text
from seg2vid_torch.graphs import ImageGraph, MotionGraph
from seg2vid_torch.networks.img2vid import Img2Vid
from seg2vid_torch.networks.spade_generator import SpadeGenerator
from seg2vid_torch.sizes import MOTION_SIZES, image_sizes
from seg2vid_torch.trained_stages import TrainedStage, read_stages
from seg2vid_torch.training.stage import count_parameters

DEFAULT_FRAMES_PER_SECOND = 17.0  # of a model without a motion stage


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
    models = [stage.made_from for stage in stages.values() if stage.made_from]
    text = given_text or (_text_of(models[0]) if models else CardText())
    card = _card(name, stages, text, given_text)
    for trained in stages.values():
        _write_weights(folder / f"{trained.stage}.safetensors", trained.network)
        _write_graphs(folder, trained, card, precisions)
    if text.licence_file:
        shutil.copyfile(text.licence_file, folder / "LICENSE")
    card = _with_hashes(card, folder)
    (folder / CARD_NAME).write_text(card.model_dump_json(indent=1) + "\n", encoding="utf-8")
    return card


def _text_of(model: ModelFolder) -> CardText:
    """Return what a model's own card says."""
    licence = next((model.path / name for name in model.card.licence_files), None)
    return CardText(description=model.card.description, licence=model.card.licence, licence_file=licence)


def _card(name: str, stages: Mapping[Stage, TrainedStage], text: CardText, given_text: CardText | None) -> ModelCard:
    """Return the card, the files' hashes still missing."""
    first = next(iter(stages.values()))
    motion, image = stages.get("motion"), stages.get("image")
    height, width = first.height, first.width
    img2vid = motion.network if motion and isinstance(motion.network, Img2Vid) else None
    generator = image.network if image and isinstance(image.network, SpadeGenerator) else None
    try:
        return ModelCard(
            name=name,
            description=text.description,
            licence=text.licence,
            label_space=first.label_space,
            height=height,
            width=width,
            chunk_frames=img2vid.frames if img2vid else 1,
            frames_per_second=(motion and motion.frames_per_second) or DEFAULT_FRAMES_PER_SECOND,
            frames=24 if motion else 1,
            latent_size=img2vid.latent_size(height, width) if img2vid else 0,
            sizes=_sizes(img2vid, generator),
            image_noise_size=generator.noise_size if generator else 0,
            stages={stage: _stage_card(trained, given_text) for stage, trained in stages.items()},
        )
    except ValidationError as error:
        raise ModelError(f"-o {name}: {problems_of(error)[0]}") from None


def _sizes(img2vid: Img2Vid | None, generator: SpadeGenerator | None) -> SizeRule:
    return (MOTION_SIZES if img2vid else SizeRule()) & (image_sizes(len(generator.blocks)) if generator else SizeRule())


def _stage_card(trained: TrainedStage, given_text: CardText | None) -> StageCard:
    before = trained.made_from.card.stages[trained.stage] if trained.made_from and not given_text else None
    said = before or given_text or CardText()
    return StageCard(
        network=dict(trained.network_settings),
        files={},
        parameters=count_parameters(trained.network),
        gflop_per_frame=round(_gflop_per_frame(trained), 3),
        preset=trained.preset,
        steps=trained.steps,
        seed=trained.seed,
        data=said.data,
        data_licence=said.data_licence,
        quality=dict(trained.quality),
    )


@torch.no_grad()
def _gflop_per_frame(trained: TrainedStage) -> float:
    """Count the operations of one network call at the card's size, divided by the frames it makes."""
    graph = _graph(trained)
    labels = torch.zeros(1, trained.label_space.size, trained.height, trained.width)
    frame = torch.zeros(1, 3, trained.height, trained.width)
    with FlopCounterMode(display=False) as counter:
        if isinstance(trained.network, Img2Vid):
            latent = torch.zeros(1, trained.network.latent_size(trained.height, trained.width))
            graph(frame, labels, latent, frame, torch.tensor(False))
            frames = trained.network.frames
        elif isinstance(trained.network, SpadeGenerator):
            graph(labels, torch.zeros(1, trained.network.noise_size))
            frames = 1
    return counter.get_total_flops() / 1e9 / frames


def _graph(trained: TrainedStage) -> nn.Module:
    if isinstance(trained.network, Img2Vid):
        return MotionGraph(trained.network, trained.label_space.other)
    if isinstance(trained.network, SpadeGenerator):
        return ImageGraph(trained.network)
    raise TypeError(f"{type(trained.network).__name__} is no network of a stage")


def _write_weights(file: Path, network: nn.Module) -> None:
    save_file({name: value.contiguous() for name, value in network.state_dict().items()}, file)
    file.chmod(0o644)  # safetensors makes it readable for its owner alone


def _write_graphs(folder: Path, trained: TrainedStage, card: ModelCard, precisions: tuple[str, ...]) -> None:
    if not precisions:
        return
    from seg2vid_torch.onnx_export import write_graph  # loads onnx, which few exports need

    for precision in precisions:
        write_graph(_graph(trained), trained.stage, card, folder / graph_file(trained.stage, precision), precision)


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
        return [CARD_NAME, *(name for name in read_card(folder).all_files() if Path(name).name == name)]
    except ModelError:  # no model, or a damaged card, which the new one replaces
        return []
