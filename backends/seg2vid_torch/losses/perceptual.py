"""The perceptual loss of both stages: pictures compared in VGG19's maps (Johnson et al., ECCV 2016).

Shape symbols: N = batch, C = image channels, H, W = height and width.
"""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

from seg2vid_torch.networks.vgg19 import Vgg19


def perceptual(network: Vgg19, pictures: Tensor, truth: Tensor, weights: Mapping[int, float] | None = None) -> Tensor:
    """Return the weighted sum over VGG19's maps of their mean absolute difference.

    Args:
        network: its weights are not trained.
        pictures: (N, C, H, W) in 0..1, RGB or grey.
        truth: the same.
        weights: number of the map, counted from 0 -> its weight; without any, all that the network has weigh 1, as in
            the released code of seg2vid.
    """
    maps = network(pictures.expand(-1, 3, -1, -1))
    with torch.no_grad():
        true_maps = network(truth.expand(-1, 3, -1, -1))
    chosen = dict.fromkeys(range(len(maps)), 1.0) if weights is None else weights
    return torch.stack(
        [
            weight * functional.l1_loss(maps[number].float(), true_maps[number].float())
            for number, weight in chosen.items()
        ]
    ).sum()
