"""pix2pixHD's discriminators (Wang et al., CVPR 2018, section 3.2): PatchGANs at several resolutions.

Shape symbols: N = batch, H, W = height and width.
"""

from itertools import pairwise

from torch import Tensor, nn

from seg2vid_torch.networks.layers import SLOPE
from seg2vid_torch.networks.pix2pixhd.layers import InstanceNorm, half_size

MOST_CHANNELS = 512


class PatchDiscriminator(nn.Module):
    """Label ids, edges and picture -> one score per patch, with the features on the way to it."""

    def __init__(self, inputs: int, width: int = 64, halvings: int = 3) -> None:
        """Build it; `width` = channels of the first layer, which every further one doubles, up to 512."""
        super().__init__()
        channels = [min(width * 2**level, MOST_CHANNELS) for level in range(halvings + 1)]
        first = nn.Sequential(nn.Conv2d(inputs, width, 4, stride=2, padding=2), nn.LeakyReLU(SLOPE))
        self.layers = nn.ModuleList([first])
        for layer, (a, b) in enumerate(pairwise(channels), start=1):
            stride = 2 if layer < halvings else 1
            convolution = nn.Conv2d(a, b, 4, stride=stride, padding=2)
            self.layers.append(nn.Sequential(convolution, InstanceNorm(b), nn.LeakyReLU(SLOPE)))
        self.layers.append(nn.Sequential(nn.Conv2d(channels[-1], 1, 4, padding=2)))

    def forward(self, conditioned_picture: Tensor) -> list[Tensor]:
        """Return the layers' features for (N, inputs, H, W); the last are the scores, about (N, 1, H / 8, W / 8)."""
        features = [conditioned_picture]
        for layer in self.layers:
            features.append(layer(features[-1]))
        return features[1:]


class MultiscaleDiscriminator(nn.Module):
    """A patch discriminator for the picture at full size, one at half the size, and so on."""

    def __init__(self, inputs: int, width: int = 64, halvings: int = 3, scales: int = 2) -> None:
        """Build it; the defaults are those of the paper's code."""
        super().__init__()
        self.scales = nn.ModuleList(PatchDiscriminator(inputs, width, halvings) for _ in range(scales))

    def forward(self, conditioned_picture: Tensor) -> list[list[Tensor]]:
        """Return each scale's features, the finest scale first, for (N, inputs, H, W)."""
        features = []
        for scale, discriminator in enumerate(self.scales):
            if scale:
                conditioned_picture = half_size(conditioned_picture)
            features.append(discriminator(conditioned_picture))
        return features
