"""Checkpoints in the form in which the authors published theirs, with weights drawn here."""

import torch
from torch import Tensor

from golden import recipe
from golden.folder import REDUCED, GoldenFolder
from seg2vid_interface.label_spaces import CITYSCAPES_LABEL_IDS
from seg2vid_torch.networks.build import build_pix2pixhd_generator
from seg2vid_torch.published.names import global_generator_modules, local_enhancer_modules
from seg2vid_torch.settings.image import Pix2PixHDNetworkSettings

GOLDEN = GoldenFolder(REDUCED)
Entries = dict[str, Tensor]


def golden_entries(network: str) -> Entries:
    """Return a published network's state dict with the weights of the golden numbers, without VGG19's."""
    return {
        name: torch.from_numpy(recipe.weight(name, tuple(shape), GOLDEN.settings["salt"]))
        for name, shape in GOLDEN.shapes(network).items()
        if not name.startswith("vgg_net.")
    }


def zero_entries(network: str) -> Entries:
    """Return a published network's state dict of zeros, which takes no memory."""
    return {name: torch.zeros(()).expand(shape) for name, shape in GOLDEN.shapes(network).items()}


def with_split(entries: Entries, background: int) -> Entries:
    """Return a two-path state dict whose background's motion encoder makes so many of a row's 1024 numbers."""
    changed = dict(entries)
    for encoder, numbers in (("motion_net_bg", background), ("motion_net_fg", 1024 - background)):
        for layer in ("fc1", "fc2"):
            changed[f"{encoder}.{layer}.weight"] = torch.zeros(()).expand(numbers, 1024)
            changed[f"{encoder}.{layer}.bias"] = torch.zeros(()).expand(numbers)
    return changed


def small_generator(*, enhanced: bool = False, instance_edges: bool = True) -> Entries:
    """Return pix2pixHD's generator with few channels and blocks, under the published names."""
    settings = Pix2PixHDNetworkSettings(
        kind="pix2pixhd",
        width=4,
        downsamplings=2,
        blocks=2,
        enhancer_blocks=1 if enhanced else 0,
        instance_edges=instance_edges,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = build_pix2pixhd_generator(settings, CITYSCAPES_LABEL_IDS)
    modules = local_enhancer_modules(2, 2, 1) if enhanced else global_generator_modules(2, 2)
    theirs = {ours: module for module, ours in modules.items()}
    parts = {name: name.rpartition(".") for name in network.state_dict()}
    return {f"{theirs[parts[name][0]]}.{parts[name][2]}": values for name, values in network.state_dict().items()}
