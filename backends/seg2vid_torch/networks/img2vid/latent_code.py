"""Latent code: the latent and the content, joined into one code per predicted frame.

Shape symbols: N = batch, T = predicted frames, R = rows a clip, h, w = height and width divided by 16.
"""

import torch
from torch import Tensor, nn

from seg2vid_torch.networks.img2vid.relay import relay
from seg2vid_torch.networks.layers import SLOPE

GROUP = 16  # channels that tell the frames' codes apart


class LatentCode(nn.Module):
    """Latent rows and the content's coarsest features -> codes of the T frames."""

    def __init__(self, row: int, channels: int, content: int, frames: int) -> None:
        """Build it.

        Args:
            row: numbers in a row of the latent.
            channels: channels of the latent once it is laid out as a picture.
            content: channels of the content features.
            frames: T.
        """
        super().__init__()
        self.frames, self.channels = frames, channels
        self.linear = nn.Linear(row, row)
        self.join = nn.Sequential(nn.Conv2d(channels + content, GROUP * frames, 3, padding=1), nn.LeakyReLU(SLOPE))

    def forward(self, latent: Tensor, content: Tensor) -> Tensor:
        """Return codes (N T, content + 16, h, w), frames folded into the batch.

        Args:
            latent: (N, R, row).
            content: (N, content, h, w).
        """
        n, _, h, w = content.shape
        picture = relay(self.linear(latent), (n, self.channels, h, w))
        groups = self.join(torch.cat([picture, content], 1)).view(n, self.frames, GROUP, h, w)
        repeated = content[:, None].expand(-1, self.frames, -1, -1, -1)
        return torch.cat([repeated, groups], 2).flatten(0, 1)
