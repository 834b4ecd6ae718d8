"""Making a model folder from training runs."""

import shutil
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from safetensors.torch import save_file
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from seg2vid_interface.backend import ExportRequest, ExportResult, Stage
from seg2vid_interface.errors import ModelError, OutputError
from seg2vid_interface.label_spaces import LabelSpace
from seg2vid_interface.model_card import CARD_NAME, ModelCard, StageCard, file_sha256, read_card
from seg2vid_interface.validation import problems_of
from seg2vid_torch.networks.build import build_generator, build_img2vid
from seg2vid_torch.networks.img2vid import Img2Vid
from seg2vid_torch.networks.spade_generator import SpadeGenerator
from seg2vid_torch.rollout import predict_chunk
from seg2vid_torch.settings import ImageSettings, MotionSettings, StageSettings
from seg2vid_torch.training.checkpoint import CHECKPOINT_NAME, read_checkpoint
from seg2vid_torch.training.metrics_log import read_metrics
from seg2vid_torch.training.stage import count_parameters

AVERAGED_PREFIX = "module."  # of the averaged network's entries in a checkpoint


class CardText(BaseModel):
    """What people must say about a model; a TOML file given with `--card`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    description: str = "Trained with seg2vid."
    licence: str = "LicenseRef-unstated"
    """SPDX expression of the weights' licence."""
    licence_file: str | None = None
    """Text of the licence, beside the TOML file; copied into the model folder."""
    data: str = "not stated"
    data_licence: str = "not stated"


@dataclass(frozen=True)
class _Trained:
    """One stage, read from a checkpoint."""

    stage: Stage
    settings: StageSettings
    label_space: LabelSpace
    network: nn.Module
    header: Mapping[str, Any]
    quality: Mapping[str, float]


def export(request: ExportRequest) -> ExportResult:
    """Make the model folder; see `seg2vid_interface.backend.Exporter`."""
    if request.out.exists() and not request.overwrite:
        raise OutputError(f"-o {request.out}: exists already", "Name another folder, or add --overwrite.")
    if not request.out.absolute().parent.is_dir():
        raise OutputError(f"-o {request.out}: its parent folder does not exist", "Make it first.")
    text = _read_card_text(request.card)
    stages = _read_stages(request.sources)
    try:
        with tempfile.TemporaryDirectory(dir=request.out.absolute().parent, prefix=".seg2vid-export-") as temporary:
            folder = Path(temporary) / "model"
            folder.mkdir()
            card = _write_model(folder, _model_name(request.out), stages, text, request.card)
            _move_into_place(folder, request.out)
    except OSError as error:
        raise OutputError(f"-o {request.out}: cannot be written: {error.strerror or error}") from error
    files = {name: (request.out / name).stat().st_size for name in [CARD_NAME, *card.all_files()]}
    return ExportResult(request.out, card.name, tuple(stages), files)


def _model_name(out: Path) -> str:
    return out.absolute().name.lower().replace(" ", "-")


def _read_card_text(path: Path | None) -> CardText:
    if path is None:
        return CardText()
    try:
        text = CardText.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ModelError(f"--card {path}: not readable: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ModelError(f"--card {path}: not TOML: {error}") from None
    except ValidationError as error:
        raise ModelError(f"--card {path}: {'; '.join(problems_of(error))}") from None
    if text.licence_file and not (path.parent / text.licence_file).is_file():
        raise ModelError(f"--card {path}: the licence_file {text.licence_file!r} is not beside it")
    return text


def _read_stages(sources: tuple[Path, ...]) -> dict[Stage, _Trained]:
    stages: dict[Stage, _Trained] = {}
    for source in sources:
        trained = _read_trained(source)
        if trained.stage in stages:
            raise ModelError(f"{source}: a second {trained.stage} stage", "Give at most one of each stage.")
        stages[trained.stage] = trained
    if len({(t.settings.height, t.settings.width) for t in stages.values()}) > 1:
        raise ModelError("the stages were trained at different sizes", "Export stages of one size together.")
    if len({t.label_space for t in stages.values()}) > 1:
        raise ModelError("the stages were trained with different label spaces", "Export stages of one label space.")
    return {stage: stages[stage] for stage in ("image", "motion") if stage in stages}


def _read_trained(source: Path) -> _Trained:
    run = source if source.is_dir() else None
    path = source / CHECKPOINT_NAME if run else source
    state = read_checkpoint(path)
    stage: Stage = state["stage"]
    settings: StageSettings
    network: nn.Module
    try:
        label_space = TypeAdapter(LabelSpace).validate_python(state["label_space"])
        if stage == "image":
            settings = ImageSettings.model_validate(state["settings"])
            network = build_generator(settings.network, label_space)
        else:
            settings = MotionSettings.model_validate(state["settings"])
            network = build_img2vid(settings.network, label_space)
    except ValidationError as error:
        raise ModelError(f"{path}: of another version of seg2vid: {problems_of(error)[0]}") from None
    weights = {
        name.removeprefix(AVERAGED_PREFIX): value
        for name, value in state["averaged"].items()
        if name.startswith(AVERAGED_PREFIX)
    }
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise ModelError(f"{path}: does not fit its own settings: {str(error).splitlines()[0]}") from None
    return _Trained(stage, settings, label_space, network.eval(), state, _quality(run, state["step"]))


def _quality(run: Path | None, step: int) -> dict[str, float]:
    """Return the run's newest validation measures up to the checkpoint's step."""
    measures: dict[str, float] = {}
    for metrics in read_metrics(run, step) if run else []:
        measures |= {name: round(value, 4) for name, value in metrics.items() if name.startswith("val_")}
    return measures


def _write_model(
    folder: Path, name: str, stages: Mapping[Stage, _Trained], text: CardText, card_path: Path | None
) -> ModelCard:
    """Write weights, licence and card into `folder`; return the card."""
    licence_files = {}
    if card_path and text.licence_file:
        shutil.copyfile(card_path.parent / text.licence_file, folder / "LICENSE")
        licence_files["LICENSE"] = file_sha256(folder / "LICENSE")
    first = next(iter(stages.values()))
    motion, image = stages.get("motion"), stages.get("image")
    height, width = first.settings.height, first.settings.width
    img2vid = motion.network if motion and isinstance(motion.network, Img2Vid) else None
    generator = image.network if image and isinstance(image.network, SpadeGenerator) else None
    try:
        card = ModelCard(
            name=name,
            description=text.description,
            licence=text.licence,
            licence_files=licence_files,
            label_space=first.label_space,
            height=height,
            width=width,
            chunk_frames=img2vid.frames if img2vid else 1,
            frames_per_second=motion.settings.frames_per_second
            if motion and isinstance(motion.settings, MotionSettings)
            else 17.0,
            frames=24 if motion else 1,
            latent_size=img2vid.latent_size(height, width) if img2vid else 0,
            image_noise_size=generator.noise_size if generator else 0,
            stages={stage: _write_stage(folder, trained, text) for stage, trained in stages.items()},
        )
    except ValidationError as error:
        raise ModelError(f"-o {name}: {problems_of(error)[0]}") from None
    (folder / CARD_NAME).write_text(card.model_dump_json(indent=1) + "\n", encoding="utf-8")
    return card


def _write_stage(folder: Path, trained: _Trained, text: CardText) -> StageCard:
    file = folder / f"{trained.stage}.safetensors"
    save_file({name: value.contiguous() for name, value in trained.network.state_dict().items()}, file)
    file.chmod(0o644)  # safetensors makes it readable for its owner alone
    return StageCard(
        network=trained.settings.network.model_dump(mode="json"),
        files={file.name: file_sha256(file)},
        parameters=count_parameters(trained.network),
        gflop_per_frame=round(_gflop_per_frame(trained), 3),
        preset=trained.header["preset"],
        steps=trained.header["step"],
        seed=trained.header["seed"],
        data=text.data,
        data_licence=text.data_licence,
        quality=dict(trained.quality),
    )


@torch.no_grad()
def _gflop_per_frame(trained: _Trained) -> float:
    """Count the operations of one network call at the card's size, divided by the frames it makes."""
    height, width = trained.settings.height, trained.settings.width
    labels = torch.zeros(1, trained.label_space.size, height, width)
    with FlopCounterMode(display=False) as counter:
        if isinstance(trained.network, Img2Vid):
            frame = torch.zeros(1, 3, height, width)
            latent = torch.zeros(1, trained.network.latent_size(height, width))
            predict_chunk(trained.network, frame, labels, latent, frame)
            frames = trained.network.frames
        elif isinstance(trained.network, SpadeGenerator):
            trained.network(labels, torch.zeros(1, trained.network.noise_size))
            frames = 1
    return counter.get_total_flops() / 1e9 / frames


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
