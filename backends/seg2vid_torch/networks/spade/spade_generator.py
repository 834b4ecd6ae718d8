"""The image stage's generator: a light SPADE network with style, texture and hints.

Park et al., "Semantic Image Synthesis with Spatially-Adaptive Normalization" (CVPR 2019), with noise fed to every
normalisation beside the labels as in OASIS (Schönfeld et al., ICLR 2021), here a style and a texture, and with what is
known of the picture already (`condition`).  Two changes make it cheap: all normalisations of a resolution share one
hidden map of the condition, and their scale and shift come from it by 1x1 convolutions (CLADE, Tan et al. 2021, shows
that they need no wide view).

Shape symbols: N = batch, K = classes, Z = style size, C = channels, H, W = height and width.
"""

from collections.abc import Sequence
from functools import partial
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from seg2vid_torch.networks.layers import SLOPE
from seg2vid_torch.networks.spade.condition import OTHERS, condition_pyramid, painted_share
from seg2vid_torch.networks.spade.condition_convolution import ConditionConvolution
from seg2vid_torch.settings.sizes import image_sizes


class SpatiallyAdaptiveNorm(nn.Module):
    """Batch norm whose scale and shift depend on the labels at each pixel (SPADE, Eq. 1)."""

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.scale = nn.Conv2d(hidden, channels, 1)
        self.shift = nn.Conv2d(hidden, channels, 1)

    def forward(self, features: Tensor, hidden: Tensor) -> Tensor:
        """Normalise `features` (N, C, H, W) by the hidden map (N, hidden, H, W) of the condition."""
        if self.training:
            return self.norm(features) * (1 + self.scale(hidden)) + self.shift(hidden)
        (scale, scale_bias), (shift, shift_bias) = self._fixed()
        scaled = features * functional.conv2d(hidden, scale, scale_bias)
        return scaled + functional.conv2d(hidden, shift, shift_bias)

    def _fixed(self) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
        """Return kernels and biases of scale and shift that do what the norm by its running averages does as well.

        Then a graph has nothing between its convolutions that takes a runtime out of its fast layout.
        """
        mean, variance = self.norm.running_mean, self.norm.running_var
        assert mean is not None
        assert variance is not None
        stretch = (variance + self.norm.eps).rsqrt()
        start = -mean * stretch
        weight, bias = self.scale.weight, 1 + cast(Tensor, self.scale.bias)
        scale = weight * stretch.view(-1, 1, 1, 1), bias * stretch
        shift = self.shift.weight + weight * start.view(-1, 1, 1, 1), cast(Tensor, self.shift.bias) + bias * start
        return scale, shift


class SpadeResidualBlock(nn.Module):
    """SPADE's residual block (Fig. 4) with the hidden map of its resolution."""

    def __init__(self, inputs: int, outputs: int, condition: ConditionConvolution) -> None:
        super().__init__()
        middle, hidden = min(inputs, outputs), condition.out_channels
        self.condition = condition
        self.norm_1 = SpatiallyAdaptiveNorm(inputs, hidden)
        self.conv_1 = nn.Conv2d(inputs, middle, 3, padding=1)
        self.norm_2 = SpatiallyAdaptiveNorm(middle, hidden)
        self.conv_2 = nn.Conv2d(middle, outputs, 3, padding=1)
        self.shortcut = nn.Conv2d(inputs, outputs, 1, bias=False) if inputs != outputs else nn.Identity()

    def forward(self, features: Tensor, condition: Tensor, style: Tensor) -> Tensor:
        """Map (N, inputs, H, W) to (N, outputs, H, W) under a condition (N, C, H, W) and style (N, Z)."""
        hidden = functional.relu(self.condition(condition, style))
        x = self.conv_1(functional.leaky_relu(self.norm_1(features, hidden), SLOPE))
        x = self.conv_2(functional.leaky_relu(self.norm_2(x, hidden), SLOPE))
        return self.shortcut(features) + x


class SpadeGenerator(nn.Module):
    """Label probabilities, style, texture, and what is known of the picture -> picture.

    Without a hint it paints a first frame; with one, the rest of a picture that is known in part.
    """

    def __init__(self, classes: int, style_size: int, channels: Sequence[int], hidden: int) -> None:
        """Build the generator.

        Args:
            classes: K.
            style_size: Z; 0 makes a generator of one look.
            channels: per resolution, coarsest first; their number n fixes the coarsest size, H / 2^(n - 1).
            hidden: channels of the condition's hidden map.
        """
        super().__init__()
        self.style_size, self.sizes = style_size, image_sizes(len(channels))
        condition = partial(ConditionConvolution, classes, style_size, OTHERS)
        self.head = condition(channels[0])
        outputs = [*channels[1:], channels[-1]]
        self.blocks = nn.ModuleList(
            SpadeResidualBlock(a, b, condition(hidden)) for a, b in zip(channels, outputs, strict=True)
        )
        self.to_rgb = nn.Conv2d(channels[-1], 3, 3, padding=1)

    def forward(self, labels: Tensor, style: Tensor, texture: Tensor, hint: Tensor, trust: Tensor) -> Tensor:
        """Return pictures (N, 3, H, W) in 0..1, RGB, float32.

        Args:
            labels: (N, K, H, W) float, class probabilities; see `settings.sizes.image_sizes`.
            style: (N, Z) float, standard normal: light, colours, season.
            texture: (N, 4, H, W) float, standard normal, white.
            hint: (N, 3, H, W) float in 0..1, RGB: what is known of the picture; any value where nothing is.
            trust: (N, 1, H, W) float in 0..1, how sharp the hint is: 1 = untouched, 0.5 = magnified twice, 0 = unknown.
        """
        pyramid = condition_pyramid(labels, texture, hint, trust, levels=len(self.blocks))
        pyramid = [condition.to(self.head.weight.dtype) for condition in pyramid]
        features = self.head(pyramid[-1], style)
        for level, block in enumerate(self.blocks):
            if level:
                features = functional.interpolate(features, scale_factor=2.0, mode="nearest")
            features = block(features, pyramid[-1 - level], style)
        rgb = self.to_rgb(functional.leaky_relu(features, SLOPE))
        painted = (torch.tanh(rgb.float()) + 1) / 2  # bf16 would leave 256 steps between black and white
        return hint + (painted - hint) * painted_share(trust)
