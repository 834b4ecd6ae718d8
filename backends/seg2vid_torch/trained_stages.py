"""The stages that an export is made of, read from runs, checkpoints and model folders."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from pydantic import TypeAdapter, ValidationError
from torch import nn

from seg2vid_interface.backend import Stage
from seg2vid_interface.errors import ModelError
from seg2vid_interface.label_spaces import LabelSpace
from seg2vid_interface.model_card import CARD_NAME, ModelFolder, open_model_folder
from seg2vid_interface.validation import problems_of
from seg2vid_torch.image_settings import SpadeSettings
from seg2vid_torch.motion_settings import MotionSettings
from seg2vid_torch.networks.build import build_img2vid, build_spade_generator
from seg2vid_torch.settings import StageSettings
from seg2vid_torch.training.checkpoint import CHECKPOINT_NAME, read_checkpoint
from seg2vid_torch.training.metrics_log import read_metrics
from seg2vid_torch.weights import load_image_network, load_motion_network

AVERAGED_PREFIX = "module."  # of the averaged network's entries in a checkpoint


@dataclass(frozen=True)
class TrainedStage:
    """One stage with its weights, and what its card is to say."""

    stage: Stage
    network: nn.Module
    """In evaluation mode, on the CPU."""
    network_settings: Mapping[str, Any]
    label_space: LabelSpace
    height: int
    width: int
    frames_per_second: float | None
    """None for an image stage."""
    preset: str
    steps: int
    seed: int
    quality: Mapping[str, float]
    made_from: ModelFolder | None = None
    """The model folder it was read from, which knows its licence and data."""


def read_stages(sources: tuple[Path, ...]) -> dict[Stage, TrainedStage]:
    """Read all stages, the image stage first.

    Raises:
        ModelError: a source that cannot be read, two of one stage, or stages that do not fit together.
    """
    stages: dict[Stage, TrainedStage] = {}
    for source in sources:
        for trained in _read_source(source):
            if trained.stage in stages:
                raise ModelError(f"{source}: a second {trained.stage} stage", "Give at most one of each stage.")
            stages[trained.stage] = trained
    if len({(t.height, t.width) for t in stages.values()}) > 1:
        raise ModelError("the stages were trained at different sizes", "Export stages of one size together.")
    if len({t.label_space for t in stages.values()}) > 1:
        raise ModelError("the stages were trained with different label spaces", "Export stages of one label space.")
    return {stage: stages[stage] for stage in ("image", "motion") if stage in stages}


def _read_source(source: Path) -> list[TrainedStage]:
    if (source / CARD_NAME).is_file():
        return _read_model(open_model_folder(source))
    if source.is_dir():
        return [_read_checkpoint(source / CHECKPOINT_NAME, run=source)]
    return [_read_checkpoint(source, run=None)]


def _read_model(model: ModelFolder) -> list[TrainedStage]:
    card, cpu = model.card, torch.device("cpu")
    if card.label_space is None:
        raise ModelError(f"{model.path}: the card names no label space, which its networks need")
    loaders = {"image": load_image_network, "motion": load_motion_network}
    return [
        TrainedStage(
            stage=stage,
            network=loaders[stage](model, cpu),
            network_settings=stage_card.network,
            label_space=card.label_space,
            height=card.height,
            width=card.width,
            frames_per_second=card.frames_per_second if stage == "motion" else None,
            preset=stage_card.preset,
            steps=stage_card.steps,
            seed=stage_card.seed,
            quality=stage_card.quality,
            made_from=model,
        )
        for stage, stage_card in card.stages.items()
    ]


def _read_checkpoint(path: Path, run: Path | None) -> TrainedStage:
    state = read_checkpoint(path)
    stage: Stage = state["stage"]
    settings: StageSettings
    network: nn.Module
    try:
        label_space = TypeAdapter(LabelSpace).validate_python(state["label_space"])
        if stage == "image":
            settings = SpadeSettings.model_validate(state["settings"])
            network = build_spade_generator(settings.network, label_space)
        else:
            settings = MotionSettings.model_validate(state["settings"])
            network = build_img2vid(settings.network, label_space)
    except ValidationError as error:
        raise ModelError(f"{path}: of another version of seg2vid: {problems_of(error)[0]}") from None
    try:
        network.load_state_dict(_averaged_weights(state))
    except RuntimeError as error:
        raise ModelError(f"{path}: does not fit its own settings: {str(error).splitlines()[0]}") from None
    return TrainedStage(
        stage=stage,
        network=network.eval().requires_grad_(False),
        network_settings=settings.network.model_dump(mode="json"),
        label_space=label_space,
        height=settings.height,
        width=settings.width,
        frames_per_second=settings.frames_per_second if isinstance(settings, MotionSettings) else None,
        preset=state["preset"],
        steps=state["step"],
        seed=state["seed"],
        quality=_quality(run, state["step"]),
    )


def _averaged_weights(state: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name.removeprefix(AVERAGED_PREFIX): value
        for name, value in state["averaged"].items()
        if name.startswith(AVERAGED_PREFIX)
    }


def _quality(run: Path | None, step: int) -> dict[str, float]:
    """Return the run's newest validation measures up to the checkpoint's step."""
    measures: dict[str, float] = {}
    for metrics in read_metrics(run, step) if run else []:
        measures |= {name: round(value, 4) for name, value in metrics.items() if name.startswith("val_")}
    return measures
