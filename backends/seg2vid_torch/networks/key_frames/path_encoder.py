"""Path encoder: the camera's path through a chunk of a real clip, read from the optical flow between its frames.

Shape symbols: N = batch, H, W = height and width.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from seg2vid_torch.networks.layers import SLOPE

NUMBERS = 5
"""Speed at the beginning and at the end, turn at the beginning and at the end, and nod over the chunk."""
REDUCED = 4
SPREAD = 0.05  # of the picture's width: flows are told in it


class PathEncoder(nn.Module):
    """Inverse depth and flow to two later frames -> the path's numbers, each about standard normal."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        widths = (8, channels, channels, channels, channels)
        self.body = nn.ModuleList(
            nn.Conv2d(a, b, 3, stride=2 if level else 1, padding=1) for level, (a, b) in enumerate(pairwise(widths))
        )
        self.out = nn.Linear(channels * 8, NUMBERS)

    def forward(self, inverse_depth: Tensor, still: Tensor, flows: Tensor) -> Tensor:
        """Return (N, NUMBERS).

        Args:
            inverse_depth: (N, H, W) of the first frame, in pixels.
            still: (N, H, W) bool: what only the camera moves.
            flows: (N, 2, 2, H, W) from the first frame to the middle and to the end of the chunk, in pixels, x and y.
        """
        width = inverse_depth.shape[2]
        told = torch.cat([(1 + inverse_depth[:, None]).log() / 4, still[:, None].float()], 1)
        moving = flows.flatten(1, 2) * (still[:, None] / (SPREAD * width))
        features = functional.avg_pool2d(torch.cat([told, moving], 1), REDUCED)
        y = torch.linspace(-1, 1, features.shape[2], device=features.device).view(1, 1, -1, 1)
        x = torch.linspace(-1, 1, features.shape[3], device=features.device).view(1, 1, 1, -1)
        places = [axis.expand(len(features), 1, *features.shape[2:]) for axis in (y, x)]
        features = torch.cat([features, *places], 1)
        for layer in self.body:
            features = functional.leaky_relu(layer(features), SLOPE)
        numbers: Tensor = self.out(functional.adaptive_avg_pool2d(features, (2, 4)).flatten(1))
        return numbers
