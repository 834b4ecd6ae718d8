"""Flow decoder: codes of the frames -> features from which flow and occlusion are read (paper, section 3.3.2).

Shape symbols: N = batch, T = predicted frames, H, W = height and width.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from seg2vid_torch.networks.img2vid.latent_code import GROUP
from seg2vid_torch.networks.layers import SLOPE, Interpolation, Upsampling, convolution


class TemporalConvolution(nn.Module):
    """A 3x3x3 convolution over time and space, batch norm, leaky ReLU: keeps the frames' flows in step."""

    def __init__(self, channels: int, frames: int) -> None:
        super().__init__()
        self.frames = frames
        self.layers = nn.Sequential(
            nn.Conv3d(channels, channels, 3, padding=1), nn.BatchNorm3d(channels), nn.LeakyReLU(SLOPE)
        )

    def forward(self, features: Tensor) -> Tensor:
        """Map (N T, C, H, W) to the same shape, looking across T."""
        clips = features.unflatten(0, (-1, self.frames)).transpose(1, 2)
        return self.layers(clips).transpose(1, 2).flatten(0, 1)


class FlowDecoder(nn.Module):
    """A decoder with the content encoder's features as skips, frames folded into the batch."""

    def __init__(self, content: Sequence[int], frames: int, interpolation: Interpolation = "bilinear") -> None:
        """Build it for the content encoder's channels (level 1 first) and T frames."""
        super().__init__()
        level_1, level_2, level_3, level_4 = content
        self.frames = frames
        self.outputs = 2 * level_1
        self.entry = convolution(level_4 + GROUP, level_4, bias=False)
        self.up_3 = Upsampling(level_4, level_3, interpolation=interpolation)
        self.up_2 = Upsampling(2 * level_3, level_2, interpolation=interpolation)
        self.temporal_2 = TemporalConvolution(level_2, frames)
        self.up_1 = Upsampling(2 * level_2, level_1, interpolation=interpolation)
        self.temporal_1 = TemporalConvolution(level_1, frames)

    def forward(self, codes: Tensor, content: Sequence[Tensor]) -> Tensor:
        """Return features (N T, outputs, H/2, W/2) for codes (N T, ...) and the content's levels (N, ...)."""
        skip_1, skip_2, skip_3 = (level.repeat_interleave(self.frames, 0) for level in content[:3])
        features = torch.cat([self.up_3(self.entry(codes)), skip_3], 1)
        features = torch.cat([self.temporal_2(self.up_2(features)), skip_2], 1)
        return torch.cat([self.temporal_1(self.up_1(features)), skip_1], 1)


class MotionHead(nn.Module):
    """Reads flow or occlusion masks: up(-> 16 channels, k = 5), then a 5x5 convolution to two channels."""

    def __init__(self, inputs: int, width: float, interpolation: Interpolation = "bilinear") -> None:
        super().__init__()
        channels = max(4, round(16 * width))
        self.up = Upsampling(inputs, channels, kernel=5, interpolation=interpolation)
        self.out = nn.Conv2d(channels, 2, 5, padding=2)

    def forward(self, features: Tensor) -> Tensor:
        """Map (N, inputs, H/2, W/2) to (N, 2, H, W)."""
        return self.out(self.up(features))
