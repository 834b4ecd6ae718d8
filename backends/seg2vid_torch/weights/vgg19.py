"""VGG19's weights for the perceptual losses of the motion stage and of pix2pixHD.

They are torchvision's, learned on ImageNet; any file with the entries "features.0.weight", "features.0.bias", ...
will do.
"""

from pathlib import Path

import torch

from seg2vid_interface.errors import ModelError
from seg2vid_torch.networks.vgg import VGG16, Pooling, Vgg19
from seg2vid_torch.weights.downloads import VGG19
from seg2vid_torch.weights.entries import fault_of, read_entries
from seg2vid_torch.weights.vgg_kinds import kind_of


def load_vgg19(path: Path, device: torch.device, *, maps: int = 12, pooling: Pooling = "average") -> Vgg19:
    """Return VGG19 with the file's weights, which are not trained; entries that it does not have are left out.

    Args:
        path: see `read_entries`.
        device: where the network is to be.
        maps: see `Vgg19`; the default, like that of `pooling`, is what seg2vid's paper has.
        pooling: likewise.

    Raises:
        ModelError: not a readable file, or not one of VGG19's weights.
    """
    network, entries = Vgg19(maps, pooling), read_entries(path)
    needed = network.state_dict()
    fault = fault_of(entries, {name: values.shape for name, values in needed.items()})
    if fault:
        kind = kind_of(entries)
        ours = "VGG16's weights, where VGG19's are needed" if kind and kind.blocks is VGG16 else "not VGG19's weights"
        raise ModelError(
            f"{path}: {ours}: {fault}", f"Use torchvision's, {VGG19.url} (vgg_weights=download fetches them)."
        )
    network.load_state_dict({name: entries[name] for name in needed})
    return network.eval().requires_grad_(False).to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stub lacks it
