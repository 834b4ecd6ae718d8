"""The style encoder: from a picture to the style that the generator would paint it in.

The encoder of SPADE's variational autoencoder (Park et al., CVPR 2019, section 4 and appendix A) at a third of its
width, with group norm, which treats a picture the same in whatever batch it is.

Shape symbols: N = batch, Z = style size, H, W = height and width.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

from seg2vid_torch.networks.layers import SLOPE

GROUPS = 8  # of every group norm
LOWEST_LOG_VARIANCE, HIGHEST_LOG_VARIANCE = -8.0, 4.0


class StyleEncoder(nn.Module):
    """Picture of one size -> mean and log variance of its style."""

    def __init__(self, style_size: int, channels: Sequence[int], height: int, width: int) -> None:
        """Build it.

        Args:
            style_size: Z.
            channels: of every convolution, each of which halves the size; multiples of 8.
            height: of the pictures, in pixels.
            width: likewise.
        """
        super().__init__()
        self.style_size, self.height, self.width = style_size, height, width
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise((3, *channels)):
            layers += [nn.Conv2d(inputs, outputs, 3, 2, 1), nn.GroupNorm(GROUPS, outputs), nn.LeakyReLU(SLOPE)]
            height, width = math.ceil(height / 2), math.ceil(width / 2)
        self.body = nn.Sequential(*layers)
        self.mean = nn.Linear(channels[-1] * height * width, style_size)
        self.log_variance = nn.Linear(channels[-1] * height * width, style_size)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log variance, each (N, Z), of pictures (N, 3, H, W) in 0..1, RGB."""
        features = self.body(pictures * 2 - 1).flatten(1)
        log_variance = self.log_variance(features).clamp(LOWEST_LOG_VARIANCE, HIGHEST_LOG_VARIANCE)
        return self.mean(features), log_variance
