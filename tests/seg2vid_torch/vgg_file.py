"""Files in the form of VGG19's published weights, with weights of our own that take next to no space."""

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from seg2vid_torch.networks.vgg import Vgg19


def vgg_entries(seed: int = 0) -> dict[str, Tensor]:
    """Return weights for all 16 convolutions; every channel of one sees the same, so that a file holds it once."""
    return drawn_weights(lambda: Vgg19(maps=16), seed)


def drawn_weights(build: Callable[[], nn.Module], seed: int) -> dict[str, Tensor]:
    """Return weights for a network, drawn likewise."""
    generator = torch.Generator().manual_seed(seed)
    with torch.device("meta"):
        shapes = {name: values.shape for name, values in build().state_dict().items()}
    return {name: _draw(shape, generator) for name, shape in shapes.items()}


def _draw(shape: torch.Size, generator: torch.Generator) -> Tensor:
    if len(shape) == 1:
        return torch.full((1,), 0.1).expand(shape)
    return (torch.rand(1, 1, 3, 3, generator=generator) / (3 * shape[1])).expand(shape)


def write_vgg_file(path: Path, seed: int = 0) -> Path:
    """Write a file like torchvision's, which holds a classifier too."""
    torch.save(vgg_entries(seed) | {"classifier.0.weight": torch.zeros(2, 2)}, path)
    return path
