"""Layers that pix2pixHD's networks share (Wang et al., CVPR 2018, appendix A).

Shape symbols: N = batch, C = channels, H, W = height and width.
"""

from torch import Tensor, nn
from torch.nn import functional


class InstanceNorm(nn.InstanceNorm2d):
    """PyTorch's, whose gradient for a batch of one is wrong on a CPU (2.13) if it comes in channels-last layout."""

    def forward(self, features: Tensor) -> Tensor:
        """Normalise each channel of each picture (N, C, H, W)."""
        normalised = super().forward(features)
        if normalised.requires_grad and len(features) == 1:  # an export, without gradients, must not ask for the number
            normalised.register_hook(Tensor.contiguous)
        return normalised


def _normalised(convolution: nn.Module, channels: int) -> tuple[nn.Module, ...]:
    """Return a convolution, instance norm without weights, and ReLU."""
    return convolution, InstanceNorm(channels), nn.ReLU()


def entry_convolution(inputs: int, outputs: int) -> nn.Sequential:
    """Return a 7x7 convolution that keeps the size (reflected borders), instance norm and ReLU."""
    return nn.Sequential(nn.ReflectionPad2d(3), *_normalised(nn.Conv2d(inputs, outputs, 7), outputs))


def halving_convolution(inputs: int, outputs: int) -> nn.Sequential:
    """Return a 3x3 convolution of stride 2, instance norm and ReLU."""
    return nn.Sequential(*_normalised(nn.Conv2d(inputs, outputs, 3, stride=2, padding=1), outputs))


def doubling_convolution(inputs: int, outputs: int) -> nn.Sequential:
    """Return a transposed 3x3 convolution of stride 2, instance norm and ReLU."""
    transposed = nn.ConvTranspose2d(inputs, outputs, 3, stride=2, padding=1, output_padding=1)
    return nn.Sequential(*_normalised(transposed, outputs))


def to_rgb(inputs: int) -> nn.Sequential:
    """Return a 7x7 convolution (reflected borders) to three channels in -1..1."""
    return nn.Sequential(nn.ReflectionPad2d(3), nn.Conv2d(inputs, 3, 7), nn.Tanh())


def half_size(pictures: Tensor) -> Tensor:
    """Average (N, C, H, W) over 3x3 windows of stride 2, what lies outside not counting."""
    return functional.avg_pool2d(pictures, 3, stride=2, padding=1, count_include_pad=False)


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions (reflected borders) with instance norm, added to their input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.ReflectionPad2d(1),
            *_normalised(nn.Conv2d(channels, channels, 3), channels),
            nn.ReflectionPad2d(1),
            nn.Conv2d(channels, channels, 3),
            InstanceNorm(channels),
        )

    def forward(self, features: Tensor) -> Tensor:
        """Map (N, C, H, W) to the same shape."""
        return features + self.layers(features)
