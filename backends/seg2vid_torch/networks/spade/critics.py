"""Critics of the image stage on the maps of a network that nothing trains here.

Sauer et al., "Projected GANs Converge Faster" (NeurIPS 2021): each map goes through a fixed random 1x1 projection
(their cross-channel mixing, section 3.2, without the mixing of scales) to a small critic of its own, which sees the
labels as well.

Shape symbols: N = batch, K = classes, H, W = height and width.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from seg2vid_torch.networks.efficientnet_lite import FrozenFeatures
from seg2vid_torch.networks.layers import SLOPE, normed_convolution


class Critics(nn.Module):
    """Maps of frozen features and labels -> how real each place of each map looks."""

    def __init__(self, classes: int, width: int, channels: Sequence[int] = FrozenFeatures.CHANNELS) -> None:
        """Draw the projections, which are saved with the rest and never trained, and build the critics.

        Args:
            classes: K.
            width: channels of each critic.
            channels: of each map.
        """
        super().__init__()
        self.projections = nn.ModuleList(_projection(inputs, width) for inputs in channels)
        self.heads = nn.ModuleList(
            nn.Sequential(
                normed_convolution(width + classes, width),
                nn.LeakyReLU(SLOPE),
                normed_convolution(width, width),
                nn.LeakyReLU(SLOPE),
                nn.Conv2d(width, 1, 1),
            )
            for _ in channels
        )

    def forward(self, maps: Sequence[Tensor], labels: Tensor) -> list[Tensor]:
        """Return one map of scores (N, 1, h, w), float32, for each map (N, C, h, w); above 0: real.

        Args:
            maps: of the pictures, from `FrozenFeatures`.
            labels: (N, K, H, W) float, one-hot, of the same pictures.
        """
        scores = []
        for projection, head, features in zip(self.projections, self.heads, maps, strict=True):
            pooled = functional.adaptive_avg_pool2d(labels, (features.shape[2], features.shape[3]))
            seen = projection(features)
            scores.append(head(torch.cat([seen, pooled.to(seen.dtype)], 1)).float())
        return scores


def _projection(inputs: int, width: int) -> nn.Conv2d:
    projection = nn.Conv2d(inputs, width, 1, bias=False).requires_grad_(False)
    nn.init.normal_(projection.weight, 0, inputs**-0.5)
    return projection
