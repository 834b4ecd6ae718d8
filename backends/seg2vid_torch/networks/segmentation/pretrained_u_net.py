"""A segmentation U-Net whose way down is the beginning of EfficientNet-Lite1, as it was trained on ImageNet.

The few pictures with labels that there are teach its way up, and how to use what it knows already: with a million
parameters it does far better than a U-Net that begins at random.

Shape symbols: N = batch, K = classes, D = channels of the way up, H, W = height and width.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from seg2vid_torch.networks.efficientnet_lite import FrozenFeatures
from seg2vid_torch.networks.layers import convolution, double_size
from seg2vid_torch.settings.sizes import label_sizes

BLOCKS = 15
"""Of EfficientNet-Lite1, up to the last at a sixteenth of the size; those beyond hold four fifths of its weights."""
CHANNELS = (16, 24, 40, 112)
"""Of the maps at a half, a quarter, an eighth and a sixteenth of the size."""
KERNELS = ((3,), (3, 3), (3, 3), (5, 5))
"""Of the way up's mixings, at the same sizes."""


class Mixing(nn.Module):
    """A depthwise and a 1x1 convolution, the latter with batch norm, added to what they see."""

    def __init__(self, channels: int, kernel: int = 3) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(channels, channels, kernel, padding=kernel // 2, groups=channels, bias=False),
            nn.BatchNorm2d(channels),
            *convolution(channels, channels, 1, bias=False),
        )

    def forward(self, features: Tensor) -> Tensor:
        """Map (N, channels, H, W) to the same."""
        return features + self.layers(features)


class PretrainedUNet(nn.Module):
    """Picture -> scores of K classes for every pixel."""

    def __init__(self, classes: int, width: int) -> None:
        """Build it with random weights.

        Args:
            classes: K.
            width: D, channels of the way up; at half the size, where it ends, there are half of them.
        """
        super().__init__()
        self.sizes = label_sizes(len(CHANNELS))
        self.encoder = FrozenFeatures(BLOCKS)
        widths = (width // 2, width, width, width)
        self.lateral = nn.ModuleList(nn.Conv2d(a, b, 1) for a, b in zip(CHANNELS, widths, strict=True))
        self.surroundings = nn.Conv2d(CHANNELS[-1], width, 1)
        self.mixings = nn.ModuleList(
            nn.Sequential(*(Mixing(channels, kernel) for kernel in kernels))
            for channels, kernels in zip(widths, KERNELS, strict=True)
        )
        self.narrowing = nn.Conv2d(width, width // 2, 1)
        self.pixels = nn.Conv2d(4 * 3, width // 2, 1)
        self.scores = nn.Conv2d(width // 2, 4 * classes, 1)
        # The pixels of a square begin with the same scores, or their differences would have to be unlearned (Aitken et
        # al., "Checkerboard artifact free sub-pixel convolution", 2017).
        with torch.no_grad():
            for values in self.scores.parameters():
                values.copy_(values[::4].repeat_interleave(4, 0))

    def forward(self, pictures: Tensor) -> Tensor:
        """Return scores (N, K, H, W) for pictures (N, 3, H, W) in 0..1, RGB; H and W are multiples of 16.

        The last steps are done at half the size, on squares of 2x2 pixels (Shi et al., CVPR 2016, Eq. 4): at the whole
        size they would take more than all the others.
        """
        maps = self.encoder(pictures)
        features = self.surroundings(maps[-1].mean((2, 3), keepdim=True))  # the same everywhere: what scene it is
        for level in reversed(range(1, len(maps))):
            features = self.mixings[level](self.lateral[level](maps[level]) + features)
            if level > 1:
                features = double_size(features, "nearest")
        features = double_size(self.narrowing(features), "nearest")
        features = features + self.lateral[0](maps[0]) + self.pixels(functional.pixel_unshuffle(pictures * 2 - 1, 2))
        return functional.pixel_shuffle(self.scores(self.mixings[0](features)), 2)
