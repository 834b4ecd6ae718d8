"""Building networks from a model folder."""

from typing import TypeVar

import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from seg2vid_interface.backend import Stage
from seg2vid_interface.errors import MissingWeightsError, ModelError
from seg2vid_interface.label_spaces import LabelSpace
from seg2vid_interface.model_card import ModelFolder
from seg2vid_interface.validation import problems_of
from seg2vid_torch.image_settings import SpadeNetworkSettings
from seg2vid_torch.motion_settings import MotionNetworkSettings
from seg2vid_torch.networks.build import build_img2vid, build_spade_generator
from seg2vid_torch.networks.img2vid import Img2Vid
from seg2vid_torch.networks.spade_generator import SpadeGenerator

Network = TypeVar("Network", bound=nn.Module)
Settings = TypeVar("Settings", SpadeNetworkSettings, MotionNetworkSettings)


def load_image_network(model: ModelFolder, device: torch.device) -> SpadeGenerator:
    """Return the image stage's network in evaluation mode.  Raises ModelError where card and weights do not fit."""
    settings = _settings(model, "image", SpadeNetworkSettings)
    return _with_weights(build_spade_generator(settings, _label_space(model)), model, "image", device)


def load_motion_network(model: ModelFolder, device: torch.device) -> Img2Vid:
    """Return the motion stage's network in evaluation mode.  Raises ModelError where card and weights do not fit."""
    settings = _settings(model, "motion", MotionNetworkSettings)
    return _with_weights(build_img2vid(settings, _label_space(model)), model, "motion", device)


def _settings(model: ModelFolder, stage: Stage, kind: type[Settings]) -> Settings:
    try:
        return kind.model_validate(model.card.stages[stage].network)
    except ValidationError as error:
        problem = problems_of(error)[0]
        raise ModelError(f"{model.path}: the card's {stage} network is not one of ours: {problem}") from None


def _label_space(model: ModelFolder) -> LabelSpace:
    if model.card.label_space is None:
        raise ModelError(f"{model.path}: the card names no label space, which its networks need")
    return model.card.label_space


def _with_weights(network: Network, model: ModelFolder, stage: Stage, device: torch.device) -> Network:
    path = model.path / f"{stage}.safetensors"
    if path.name not in model.card.stages[stage].files:
        raise MissingWeightsError(f"{model.path}: the model has no {path.name}, which the torch backend runs")
    try:
        network.load_state_dict(load_file(path))
    except (SafetensorError, RuntimeError) as error:
        raise ModelError(f"{path}: does not fit the card: {str(error).splitlines()[0]}") from None
    return network.eval().requires_grad_(False).to(device)
