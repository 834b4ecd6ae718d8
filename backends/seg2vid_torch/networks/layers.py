"""Layers that several networks share.

Shape symbols: N = batch, C = channels, T = time, H, W = height and width.
"""

from typing import Literal

from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

SLOPE = 0.2  # of every leaky ReLU

Interpolation = Literal["bilinear", "nearest"]
"""How a picture's size is doubled."""


def convolution(inputs: int, outputs: int, kernel: int = 3, *, bias: bool = True) -> nn.Sequential:
    """Return a convolution that keeps the size, batch norm and leaky ReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=bias),
        nn.BatchNorm2d(outputs),
        nn.LeakyReLU(SLOPE),
    )


def halving_convolution(inputs: int, outputs: int, *, norm: bool = True, bias: bool = False) -> nn.Sequential:
    """Return a 4x4 convolution of stride 2, batch norm (or none) and leaky ReLU."""
    layers: list[nn.Module] = [nn.Conv2d(inputs, outputs, 4, stride=2, padding=1, bias=bias)]
    if norm:
        layers.append(nn.BatchNorm2d(outputs))
    return nn.Sequential(*layers, nn.LeakyReLU(SLOPE))


def normed_convolution(inputs: int, outputs: int, kernel: int = 3) -> nn.Module:
    """Return a convolution with spectral norm (Miyato et al., ICLR 2018) that keeps the size, for what judges."""
    return spectral_norm(nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2))


class Upsampling(nn.Module):
    """The paper's up(a -> b, k): two k x k convolutions, a -> 2b -> b, then twice the size."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int = 3, *, interpolation: Interpolation = "bilinear"
    ) -> None:
        super().__init__()
        self.interpolation = interpolation
        self.convolutions = nn.Sequential(
            *convolution(inputs, 2 * outputs, kernel), *convolution(2 * outputs, outputs, kernel)
        )

    def forward(self, features: Tensor) -> Tensor:
        """Map (N, inputs, H, W) to (N, outputs, 2H, 2W)."""
        return double_size(self.convolutions(features), self.interpolation)


def double_size(features: Tensor, interpolation: Interpolation = "bilinear") -> Tensor:
    """Upsample (N, C, H, W) to (N, C, 2H, 2W), pixel corners not aligned."""
    aligned = False if interpolation == "bilinear" else None  # nearest neighbours know no corners
    return functional.interpolate(features, scale_factor=2.0, mode=interpolation, align_corners=aligned)
