"""pix2pixHD's local enhancer, G2 (Wang et al., CVPR 2018, section 3.2): the global generator at twice its resolution.

Shape symbols: N = batch, H, W = height and width, multiples of 2^(downsamplings + 1).
"""

from torch import Tensor, nn

from seg2vid_torch.networks.pix2pixhd.global_generator import GlobalFeatures
from seg2vid_torch.networks.pix2pixhd.layers import (
    ResidualBlock,
    doubling_convolution,
    entry_convolution,
    half_size,
    halving_convolution,
    to_rgb,
)
from seg2vid_torch.settings.sizes import pix2pixhd_sizes


class LocalEnhancer(nn.Module):
    """One-hot label ids and instance edges -> first frame, on top of the global generator's features at half size."""

    def __init__(
        self, inputs: int, width: int = 32, downsamplings: int = 4, coarse_blocks: int = 9, blocks: int = 3
    ) -> None:
        """Build it; `width` = channels at full size, half of the global generator's.  The defaults are the paper's."""
        super().__init__()
        self.sizes = pix2pixhd_sizes(1 + downsamplings)
        self.coarse = GlobalFeatures(inputs, 2 * width, downsamplings, coarse_blocks)
        self.entry = entry_convolution(inputs, width)
        self.down = halving_convolution(width, 2 * width)
        self.blocks = nn.Sequential(*(ResidualBlock(2 * width) for _ in range(blocks)))
        self.up = doubling_convolution(2 * width, width)
        self.to_rgb = to_rgb(width)

    def forward(self, conditions: Tensor) -> Tensor:
        """Return pictures (N, 3, H, W) in -1..1, RGB, for (N, inputs, H, W)."""
        features = self.down(self.entry(conditions)) + self.coarse(half_size(conditions))
        return self.to_rgb(self.up(self.blocks(features)))
