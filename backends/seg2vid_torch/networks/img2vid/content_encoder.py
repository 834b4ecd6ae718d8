"""Content encoder: what frame 0 shows, at four resolutions (Pan et al., CVPR 2019, section 3.3.1)."""

from itertools import pairwise

from torch import Tensor, nn

from seg2vid_torch.networks.layers import halving_convolution


class ContentEncoder(nn.Module):
    """Frame 0 with its classes -> features of level 1 (H/2) to level 4 (H/16)."""

    def __init__(self, inputs: int, width: float) -> None:
        """Build it; `inputs` = image channels + classes, `width` = factor on the channels."""
        super().__init__()
        self.channels = tuple(round(channels * width) for channels in (32, 64, 128, 256))
        self.levels = nn.ModuleList([halving_convolution(inputs, self.channels[0], norm=False, bias=True)])
        for a, b in pairwise(self.channels):
            self.levels.append(halving_convolution(a, b))

    def forward(self, frame_and_labels: Tensor) -> list[Tensor]:
        """Return the levels' features for (N, inputs, H, W), the largest first."""
        features = [frame_and_labels]
        for level in self.levels:
            features.append(level(features[-1]))
        return features[1:]
