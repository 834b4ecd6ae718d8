"""Perceptual losses: pictures compared in the maps of a network that nothing trains (Johnson et al., ECCV 2016).

Shape symbols: N = batch, C = image channels, H, W = height and width.
"""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

from seg2vid_torch.losses.shared_means import Average, alone
from seg2vid_torch.networks.vgg import Vgg

SMALLEST_MEAN = 1e-3  # of a true map, below which it is taken for empty


def perceptual(network: Vgg, pictures: Tensor, truth: Tensor, weights: Mapping[int, float] | None = None) -> Tensor:
    """Return the weighted sum over the network's maps of their mean absolute difference.

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


def normalised_perceptual(network: Vgg, pictures: Tensor, truth: Tensor, average: Average = alone) -> Tensor:
    """Return the sum over the network's maps of their mean absolute difference, as a share of the true map's mean.

    So every map has about the same say, whatever the size of its numbers, for which Chen and Koltun (ICCV 2017) choose
    a weight for each.

    Args:
        network: its weights are not trained.
        pictures: (N, 3, H, W) in 0..1, RGB.
        truth: the same.
        average: of processes which have a share of the pictures each.
    """
    with torch.no_grad():
        true_maps = [x.float() for x in network(truth)]
        means = average(torch.stack([x.mean() for x in true_maps])).clamp(min=SMALLEST_MEAN)
    maps = network(pictures)
    shares = [
        functional.l1_loss(x.float(), y) / mean for x, y, mean in zip(maps, true_maps, means.unbind(), strict=True)
    ]
    return torch.stack(shares).sum()
