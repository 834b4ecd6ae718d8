"""A segmentation U-Net: the image stage's discriminator (OASIS, Schönfeld et al., ICLR 2021, section 3.1) as a student.

It has batch norms in the place of spectral norms, which only one who judges needs, and no class "generated".
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from seg2vid_torch.networks.layers import SLOPE, convolution
from seg2vid_torch.settings.sizes import label_sizes


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions with batch norm beside a 1x1 shortcut."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv_1 = convolution(inputs, outputs, bias=False)
        self.conv_2 = nn.Sequential(nn.Conv2d(outputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs))
        self.shortcut = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, features: Tensor) -> Tensor:
        """Map (N, inputs, H, W) to (N, outputs, H, W)."""
        return functional.leaky_relu(self.shortcut(features) + self.conv_2(self.conv_1(features)), SLOPE)


class UNet(nn.Module):
    """Picture -> scores of K classes for every pixel."""

    def __init__(self, classes: int, channels: Sequence[int]) -> None:
        """Build it; `channels` are those of each resolution, full size first."""
        super().__init__()
        self.sizes = label_sizes(len(channels) - 1)
        self.stem = convolution(3, channels[0], bias=False)
        self.down = nn.ModuleList(ResidualBlock(a, b) for a, b in pairwise(channels))
        # Every block of the way up gets the features of its resolution from the way down as well.
        self.up = nn.ModuleList(ResidualBlock(a + b, b) for a, b in pairwise(reversed(channels)))
        self.scores = nn.Conv2d(channels[0], classes, 1)

    def forward(self, pictures: Tensor) -> Tensor:
        """Return scores (N, K, H, W) for pictures (N, 3, H, W) in 0..1, RGB."""
        features = self.stem(pictures * 2 - 1)
        skips = []
        for block in self.down:
            skips.append(features)
            features = block(functional.avg_pool2d(features, 2))
        for block in self.up:
            larger = functional.interpolate(features, scale_factor=2.0, mode="nearest")
            features = block(torch.cat([larger, skips.pop()], 1))
        return self.scores(features)
