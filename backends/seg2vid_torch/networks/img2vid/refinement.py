"""Refinement: a U-Net that repairs a warped frame and paints what was occluded (paper, section 3.3.3)."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from seg2vid_torch.networks.layers import SLOPE, convolution, double_size

ENCODER = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
DECODER = ((512, 512, 512), (512, 512, 256), (256, 256, 128), (128, 64), (64,))
BOTTLENECK = 1024


class Refinement(nn.Module):
    """Picture in, picture of the same size out; needs at least 128 x 128 pixels in multiples of 32."""

    def __init__(self, inputs: int, outputs: int, width: float) -> None:
        """Build it; `width` is a factor on all channels, 1 = the paper's."""
        super().__init__()
        encoder = _scaled(ENCODER, width)
        decoder = _scaled(DECODER, width)
        bottleneck = round(BOTTLENECK * width)
        deepest = encoder[-1][-1]
        self.encoder = nn.ModuleList()
        for channels in encoder:
            self.encoder.append(_stack(inputs, channels))
            inputs = channels[-1]
        self.bottleneck = nn.Sequential(nn.Conv2d(deepest, bottleneck, 4), nn.BatchNorm2d(bottleneck), nn.Tanh())
        self.expand = nn.Sequential(
            nn.ConvTranspose2d(bottleneck, deepest, 4), nn.BatchNorm2d(deepest), nn.LeakyReLU(SLOPE)
        )
        self.decoder = nn.ModuleList()
        inputs = deepest
        for channels, skip in zip(decoder, reversed(encoder), strict=True):
            self.decoder.append(_stack(inputs + skip[-1], channels))
            inputs = channels[-1]
        self.out = nn.ConvTranspose2d(inputs, outputs, 3, padding=1)

    def forward(self, features: Tensor) -> Tensor:
        """Map (N, inputs, H, W) to (N, outputs, H, W), before any final non-linearity."""
        skips = []
        for stack in self.encoder:
            features = stack(features)
            skips.append(features)
            features = functional.max_pool2d(features, 2)
        features = self.expand(self.bottleneck(features))
        for stack in self.decoder:
            features = stack(torch.cat([double_size(features), skips.pop()], 1))
        return self.out(features)


def _stack(inputs: int, channels: tuple[int, ...]) -> nn.Sequential:
    return nn.Sequential(*(convolution(a, b) for a, b in zip((inputs, *channels[:-1]), channels, strict=True)))


def _scaled(table: tuple[tuple[int, ...], ...], width: float) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(round(channels * width) for channels in row) for row in table)
