"""pix2pixHD's global generator, G1 (Wang et al., CVPR 2018, section 3.2): the network of the coarse resolution.

Shape symbols: N = batch, H, W = height and width, multiples of 2^downsamplings.
"""

from itertools import pairwise

from torch import Tensor, nn

from seg2vid_torch.networks.pix2pixhd.layers import (
    ResidualBlock,
    doubling_convolution,
    entry_convolution,
    halving_convolution,
    to_rgb,
)
from seg2vid_torch.settings.sizes import pix2pixhd_sizes


class GlobalFeatures(nn.Module):
    """The global generator without its last layer, as the local enhancer takes it."""

    def __init__(self, inputs: int, width: int = 64, downsamplings: int = 4, blocks: int = 9) -> None:
        """Build it; `width` = channels at full size, which every downsampling doubles."""
        super().__init__()
        channels = [width * 2**level for level in range(downsamplings + 1)]
        self.entry = entry_convolution(inputs, width)
        self.down = nn.Sequential(*(halving_convolution(a, b) for a, b in pairwise(channels)))
        self.blocks = nn.Sequential(*(ResidualBlock(channels[-1]) for _ in range(blocks)))
        self.up = nn.Sequential(*(doubling_convolution(a, b) for a, b in pairwise(reversed(channels))))

    def forward(self, conditions: Tensor) -> Tensor:
        """Map (N, inputs, H, W) to features (N, width, H, W)."""
        return self.up(self.blocks(self.down(self.entry(conditions))))


class GlobalGenerator(nn.Module):
    """One-hot label ids and instance edges -> first frame."""

    def __init__(self, inputs: int, width: int = 64, downsamplings: int = 4, blocks: int = 9) -> None:
        """Build it; the defaults are the paper's."""
        super().__init__()
        self.sizes = pix2pixhd_sizes(downsamplings)
        self.features = GlobalFeatures(inputs, width, downsamplings, blocks)
        self.to_rgb = to_rgb(width)

    def forward(self, conditions: Tensor) -> Tensor:
        """Return pictures (N, 3, H, W) in -1..1, RGB, for (N, inputs, H, W)."""
        return self.to_rgb(self.features(conditions))
