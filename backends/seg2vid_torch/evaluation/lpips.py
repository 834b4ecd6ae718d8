"""LPIPS (Zhang et al., CVPR 2018): the distance of two pictures in the maps of VGG16, weighted as people judge.

The linear weights, version 0.1's, are the authors'; torchmetrics brings them.

Shape symbols: h = pictures, H, W = height and width.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import torch
import torchmetrics
from torch import Tensor

from seg2vid_interface.errors import ModelError
from seg2vid_torch.evaluation.feature_files import SOURCES, entries_of, load_into
from seg2vid_torch.evaluation.onnx_files import OnnxFile
from seg2vid_torch.networks.vgg import DEVIATION, MEAN, VGG16, Vgg, last_of_blocks

LINEAR: Final = Path(torchmetrics.__file__).parent / "functional/image/lpips_models/vgg.pth"
MAPS = 5
TINY = 1e-10  # beside a vector's length

Maps = Callable[[Tensor], list[Tensor]]


class Lpips:
    """Measures in the network of a file."""

    def __init__(self, path: Path, device: torch.device) -> None:
        """Open it.  Raises ModelError: not readable, a TorchScript program, or another network's weights."""
        linear = torch.load(LINEAR, map_location="cpu", weights_only=True)
        self._weights = [linear[f"lin{index}.model.1.weight"] for index in range(MAPS)]
        self._maps = (_graph if path.suffix.lower() == ".onnx" else _network)(path, device)

    @torch.inference_mode()
    def distance(self, pictures: Tensor, others: Tensor) -> Tensor:
        """Return the distances (h,) of pictures (h, 3, H, W) in 0..1, RGB, from others."""
        total = torch.zeros(len(pictures))
        for one, other, weight in zip(self._maps(pictures), self._maps(others), self._weights, strict=True):
            difference = (_of_length_one(one) - _of_length_one(other)).square()
            total += (difference * weight).sum(1).mean((1, 2))
        return total


def _of_length_one(maps: Tensor) -> Tensor:
    return maps / (maps.square().sum(1, keepdim=True).sqrt() + TINY)


def _network(path: Path, device: torch.device) -> Maps:
    """Return VGG16's maps; that sees pictures minus ImageNet's mean, which is what LPIPS' scaling layer amounts to."""
    network = Vgg(VGG16, last_of_blocks(VGG16, MAPS))
    load_into(network, entries_of(path), f"{path}: another network's weights, not VGG16's", SOURCES["vgg"])
    network = network.eval().requires_grad_(False).to(device)
    return lambda pictures: [maps.cpu() for maps in network(pictures.to(device))]


def _graph(path: Path, device: torch.device) -> Maps:
    graph = OnnxFile(path, device)
    if len(graph.shape) != 4 or graph.outputs != [4] * MAPS:
        raise ModelError(
            f"{path}: another network, not vgg: {MAPS} maps (N, C, H, W) are wanted of pictures (N, 3, H, W)",
            "Export torchvision's VGG16 with the maps after ReLU 1_2, 2_2, 3_3, 4_3 and 5_3 as its outputs.",
        )
    mean, deviation = (torch.tensor(numbers).view(3, 1, 1) for numbers in (MEAN, DEVIATION))

    def maps(pictures: Tensor) -> list[Tensor]:
        found = graph.run(((pictures - mean) / deviation).numpy())
        return [torch.from_numpy(np.asarray(one, np.float32)) for one in found]

    return maps
