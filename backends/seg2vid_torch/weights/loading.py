"""Building networks from a model folder."""

from typing import TypeVar

import torch
from pydantic import TypeAdapter, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from seg2vid_interface.backend import Stage
from seg2vid_interface.errors import ModelError
from seg2vid_interface.graphs import GraphName
from seg2vid_interface.label_spaces import NO_LABELS
from seg2vid_interface.model_card import FETCH_AGAIN, ModelFolder
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
from seg2vid_torch.settings.image import IMAGE_NETWORK, SpadeNetworkSettings
from seg2vid_torch.settings.key_frames import KeyFrameNetworkSettings
from seg2vid_torch.settings.labels import LABELS_NETWORK
from seg2vid_torch.settings.motion import MOTION_NETWORK

Network = TypeVar("Network", bound=nn.Module)
Settings = TypeVar("Settings")


def load_image_network(model: ModelFolder, device: torch.device) -> ImageNetwork:
    """Return the image stage's network in evaluation mode.  Raises ModelError for missing or wrong weights."""
    settings = _settings(model, "image", IMAGE_NETWORK)
    if model.card.image_labels is None:
        raise ModelError(f"{model.path}: the card names no label space, which its image stage needs")
    for key in ("instance_edges", "style_size"):
        if getattr(settings, key, 0) != getattr(model.card, key):
            raise ModelError(f"{model.path}: the card and its image network disagree on {key}")
    return _with_weights(build_image_network(settings, model.card.image_labels), model, "image", device)


def load_style_encoder(model: ModelFolder, device: torch.device) -> StyleEncoder:
    """Return the style encoder in evaluation mode.  Raises ModelError for missing or wrong weights."""
    settings = _settings(model, "image", IMAGE_NETWORK)
    if not isinstance(settings, SpadeNetworkSettings):
        raise ModelError(f"{model.path}: the card's image network has no style encoder")
    encoder = build_style_encoder(settings, *model.card.image_size(model.card.height, model.card.width))
    return _with_weights(encoder, model, "style", device)


def load_motion_network(model: ModelFolder, device: torch.device) -> MotionNetwork:
    """Return the motion stage's network in evaluation mode.  Raises ModelError for missing or wrong weights."""
    settings, card = _settings(model, "motion", MOTION_NETWORK), model.card
    if isinstance(settings, KeyFrameNetworkSettings) != (card.camera is not None):
        raise ModelError(f"{model.path}: the card and its motion network disagree on whether there is a camera")
    network = build_motion_network(settings, card.label_space or NO_LABELS, card.camera)
    return _with_weights(network, model, "motion", device)


def load_labels_network(model: ModelFolder, device: torch.device) -> LabelsNetwork:
    """Return the labels stage's network in evaluation mode.  Raises ModelError for missing or wrong weights."""
    settings = _settings(model, "labels", LABELS_NETWORK)
    if model.card.label_space is None:
        raise ModelError(f"{model.path}: the card names no label space, which its labels stage needs")
    return _with_weights(build_labels_network(settings, model.card.label_space), model, "labels", device)


def _settings(model: ModelFolder, stage: Stage, kind: TypeAdapter[Settings]) -> Settings:
    try:
        return kind.validate_python(model.card.stages[stage].network)
    except ValidationError as error:
        problem = problems_of(error)[0]
        raise ModelError(f"{model.path}: the card's {stage} network is not one of ours: {problem}") from None


def _with_weights(network: Network, model: ModelFolder, name: GraphName, device: torch.device) -> Network:
    path = model.file(f"{name}.safetensors")
    try:
        network.load_state_dict(load_file(path))  # weights in half precision become the network's float32
    except (SafetensorError, RuntimeError) as error:
        raise ModelError(f"{path}: does not fit the card: {str(error).splitlines()[0]}", FETCH_AGAIN) from None
    return network.eval().requires_grad_(False).to(device)
