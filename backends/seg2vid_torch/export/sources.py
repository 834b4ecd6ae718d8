"""The stages that an export is made of, read from runs, checkpoints (also published ones) and model folders."""

from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, get_args

import torch
from pydantic import TypeAdapter, ValidationError

from seg2vid_interface.backend import Stage
from seg2vid_interface.errors import ModelError, SettingsError
from seg2vid_interface.label_spaces import NO_LABELS, LabelSpace
from seg2vid_interface.model_card import CARD_NAME, ModelFolder, open_model_folder
from seg2vid_interface.validation import problems_of
from seg2vid_torch.networks.build import (
    ImageNetwork,
    LabelsNetwork,
    MotionNetwork,
    build_image_network,
    build_labels_network,
    build_motion_network,
    build_style_encoder,
)
from seg2vid_torch.networks.spade.style_encoder import StyleEncoder
from seg2vid_torch.published.checkpoints import read_published
from seg2vid_torch.settings.image import SpadeSettings
from seg2vid_torch.settings.key_frames import KeyFrameSettings
from seg2vid_torch.settings.labels import LabelsSettings
from seg2vid_torch.settings.loading import validate_settings
from seg2vid_torch.settings.motion import MotionSettings
from seg2vid_torch.stages.card_text import CardText
from seg2vid_torch.stages.trained_stage import TrainedStage
from seg2vid_torch.training.checkpoint import (
    CHECKPOINT_NAME,
    averaged_weights,
    by_network,
    check_checkpoint,
    is_checkpoint,
    read_checkpoint,
)
from seg2vid_torch.training.light_checkpoint import ENDING, read_light_checkpoint
from seg2vid_torch.training.metrics_log import newest_measures
from seg2vid_torch.weights.loading import (
    load_image_network,
    load_labels_network,
    load_motion_network,
    load_style_encoder,
)
from seg2vid_torch.weights.torch_files import read_torch_file

_LOADERS: Mapping[Stage, Callable[[ModelFolder, torch.device], ImageNetwork | MotionNetwork | LabelsNetwork]] = {
    "image": load_image_network,
    "motion": load_motion_network,
    "labels": load_labels_network,
}


def read_stages(sources: tuple[Path, ...]) -> dict[Stage, TrainedStage]:
    """Read all stages, the image stage first; of a model, those that no run or checkpoint gives.

    Raises:
        ModelError: a source that cannot be read, two of one stage, or weights that are not finite.
    """
    stages: dict[Stage, TrainedStage] = {}
    for source in sources:
        if not _is_model(source):
            _add(stages, _read_source(source), source)
    given = frozenset(stages)
    for source in sources:
        if _is_model(source):
            _add(stages, _read_model(open_model_folder(source), without=given), source)
    return {stage: stages[stage] for stage in get_args(Stage) if stage in stages}


def _add(stages: dict[Stage, TrainedStage], read: Iterable[TrainedStage], source: Path) -> None:
    for trained in read:
        if trained.stage in stages:
            raise ModelError(f"{source}: a second {trained.stage} stage", "Give at most one of each stage.")
        _check_finite(trained, source)
        stages[trained.stage] = trained


def _check_finite(trained: TrainedStage, source: Path) -> None:
    for network in trained.networks().values():
        for name, values in network.state_dict().items():
            if not torch.isfinite(values).all():
                raise ModelError(
                    f"{source}: the weight {name} of its {trained.stage} stage is not finite",
                    "Such a network makes no pictures: train it again with a lower learning_rate.",
                )


def _is_model(source: Path) -> bool:
    return (source / CARD_NAME).is_file()


def _read_source(source: Path) -> list[TrainedStage]:
    if source.is_dir():
        path = source / CHECKPOINT_NAME
        return [_read_checkpoint(read_checkpoint(path), path, run=source)]
    return [_read_file(source)]


def _read_model(model: ModelFolder, *, without: Collection[Stage]) -> list[TrainedStage]:
    return [_read_stage_of_model(stage, model) for stage in model.card.stages if stage not in without]


def _read_stage_of_model(stage: Stage, model: ModelFolder) -> TrainedStage:
    card, cpu = model.card, torch.device("cpu")
    stage_card, is_image = card.stages[stage], stage == "image"
    encoder = load_style_encoder(model, cpu) if is_image and model.card.reads_styles else None
    return TrainedStage(
        stage=stage,
        network=_LOADERS[stage](model, cpu),
        network_settings=stage_card.network,
        label_space=(card.image_labels if is_image else card.label_space) or NO_LABELS,
        height=card.height * (card.image_scale if is_image else 1),
        width=card.width * (card.image_scale if is_image else 1),
        frames_per_second=card.frames_per_second if stage == "motion" else None,
        preset=stage_card.preset,
        steps=stage_card.steps,
        seed=stage_card.seed,
        quality=stage_card.quality,
        text=CardText(
            description=card.description,
            licence=card.licence,
            licence_file=tuple(model.file(name) for name in card.licence_files),
            data=stage_card.data,
            data_licence=stage_card.data_licence,
        ),
        style_encoder=encoder,
    )


def _read_file(path: Path) -> TrainedStage:
    if path.suffix == ENDING:
        return _read_checkpoint(read_light_checkpoint(path), path, run=None)
    state = read_torch_file(path, "checkpoint")
    if is_checkpoint(state):
        check_checkpoint(state, path)
        return _read_checkpoint(state, path, run=None)
    published = read_published(state, path)
    if published is None:
        raise ModelError(
            f"{path}: not a checkpoint written by seg2vid train, nor a published one of seg2vid or pix2pixHD"
        )
    return published


def _read_checkpoint(state: Mapping[str, Any], path: Path, run: Path | None) -> TrainedStage:
    network: MotionNetwork | ImageNetwork | LabelsNetwork
    encoder: StyleEncoder | None = None
    try:
        label_space = TypeAdapter(LabelSpace).validate_python(state["label_space"])
        settings = validate_settings(state["stage"], state["settings"])
        if isinstance(settings, MotionSettings | KeyFrameSettings):
            network = build_motion_network(settings.network, label_space)
        elif isinstance(settings, LabelsSettings):
            network = build_labels_network(settings.network, label_space)
        else:
            network = build_image_network(settings.network, label_space)
            if isinstance(settings, SpadeSettings) and settings.network.style_size:
                encoder = build_style_encoder(settings.network, settings.height, settings.width)
    except (ValidationError, SettingsError) as error:
        problem = problems_of(error)[0] if isinstance(error, ValidationError) else error.message
        raise ModelError(f"{path}: of another version of seg2vid: {problem}") from None
    try:
        network.load_state_dict(averaged_weights(state))
        if encoder:
            encoder.load_state_dict(by_network(state["networks"]).get("encoder", {}))
            encoder.eval().requires_grad_(False)
    except RuntimeError as error:
        raise ModelError(f"{path}: does not fit its own settings: {str(error).splitlines()[0]}") from None
    return TrainedStage(
        stage=state["stage"],
        network=network.eval().requires_grad_(False),
        network_settings=settings.network.model_dump(mode="json"),
        label_space=label_space,
        height=settings.height,
        width=settings.width,
        frames_per_second=settings.frames_per_second
        if isinstance(settings, MotionSettings | KeyFrameSettings)
        else None,
        preset=state["preset"],
        steps=state["step"],
        seed=state["seed"],
        quality=newest_measures(run, state["step"]) if run else state.get("quality", {}),
        style_encoder=encoder,
    )
