"""The image stage's discriminator: a segmentation U-Net (OASIS, Schönfeld et al., ICLR 2021, section 3.1).

It sorts every pixel into the K classes of the label map or into one more class, "generated".
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from seg2vid_torch.networks.layers import SLOPE, normed_convolution


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions with spectral norm beside a 1x1 shortcut."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv_1 = normed_convolution(inputs, outputs)
        self.conv_2 = normed_convolution(outputs, outputs)
        self.shortcut = normed_convolution(inputs, outputs, kernel=1) if inputs != outputs else nn.Identity()

    def forward(self, features: Tensor) -> Tensor:
        """Map (N, inputs, H, W) to (N, outputs, H, W)."""
        x = self.conv_1(functional.leaky_relu(features, SLOPE))
        x = self.conv_2(functional.leaky_relu(x, SLOPE))
        return self.shortcut(features) + x


class SegmentationDiscriminator(nn.Module):
    """Picture -> scores of K + 1 classes for every pixel; the last class is "generated"."""

    def __init__(self, classes: int, channels: Sequence[int]) -> None:
        """Build it; `channels` are those of each resolution, full size first."""
        super().__init__()
        self.stem = normed_convolution(3, channels[0])
        self.down = nn.ModuleList(ResidualBlock(a, b) for a, b in pairwise(channels))
        upward = list(reversed(channels))
        # Every block but the first also gets the encoder's features of its resolution.
        self.up = nn.ModuleList(
            ResidualBlock(a + (a if level else 0), b) for level, (a, b) in enumerate(pairwise(upward))
        )
        self.scores = nn.Conv2d(2 * channels[0], classes + 1, 1)

    def forward(self, frames: Tensor) -> Tensor:
        """Return scores (N, K + 1, H, W) for frames (N, 3, H, W) in 0..1."""
        features = self.stem(frames * 2 - 1)
        skips = [features]
        for block in self.down:
            features = functional.avg_pool2d(block(features), 2)
            skips.append(features)
        features = skips.pop()
        for level, block in enumerate(self.up):
            if level:
                features = torch.cat([features, skips.pop()], 1)
            features = functional.interpolate(block(features), scale_factor=2.0, mode="nearest")
        return self.scores(torch.cat([features, skips.pop()], 1))
