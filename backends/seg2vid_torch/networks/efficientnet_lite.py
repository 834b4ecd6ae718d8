"""EfficientNet-Lite1's features, through which critics see pictures, and of which a segmenter is made.

Tan and Le, "EfficientNet" (ICML 2019), in the variant for phones: ReLU6, no squeeze-and-excitation, stem and head of
fixed width.  Batch norms are folded into the convolutions: critics do not train it, a segmenter only a little.

Shape symbols: N = batch, C = channels, H, W = height and width.
"""

from itertools import chain, repeat

from torch import Tensor, nn
from torch.nn import functional

STAGES = (  # repeats, kernel, stride of the first block, expansion, output channels
    (1, 3, 1, 1, 16),
    (3, 3, 2, 6, 24),
    (3, 5, 2, 6, 40),
    (4, 3, 2, 6, 80),
    (4, 5, 1, 6, 112),
    (5, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
STEM_CHANNELS = 32
MEAN, DEVIATION = 0.498, 0.502  # of pictures in 0..1, as it was trained


class HalvingConvolution(nn.Conv2d):
    """A convolution of stride 2, padded as TensorFlow pads: the odd pixel goes to the right and the bottom."""

    def __init__(self, inputs: int, outputs: int, kernel: int, groups: int = 1) -> None:
        super().__init__(inputs, outputs, kernel, stride=2, groups=groups)

    def forward(self, features: Tensor) -> Tensor:
        """Map (N, inputs, H, W) to (N, outputs, H / 2, W / 2), rounded up."""
        height, width = features.shape[2:]
        return super().forward(functional.pad(features, (*self._padding(width), *self._padding(height))))

    def _padding(self, side: int) -> tuple[int, int]:
        total = max(self.kernel_size[0] - (1 if side % 2 else 2), 0)
        return total // 2, total - total // 2


class InvertedResidual(nn.Module):
    """MobileNetV2's block (Sandler et al., CVPR 2018): 1x1 to many channels, one kernel per channel, 1x1 to few."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = inputs * expansion
        self.expand = nn.Conv2d(inputs, hidden, 1) if expansion > 1 else nn.Identity()
        self.depthwise = (
            HalvingConvolution(hidden, hidden, kernel, groups=hidden)
            if stride == 2
            else nn.Conv2d(hidden, hidden, kernel, padding=kernel // 2, groups=hidden)
        )
        self.project = nn.Conv2d(hidden, outputs, 1)
        self.halves, self._skips = stride == 2, stride == 1 and inputs == outputs

    def forward(self, features: Tensor) -> Tensor:
        """Map (N, inputs, H, W) to (N, outputs, H, W), or half of the size, rounded up."""
        # What the first block, which expands nothing, is given has passed a ReLU6 already: another changes nothing.
        x = functional.relu6(self.expand(features))
        x = self.project(functional.relu6(self.depthwise(x)))
        return features + x if self._skips else x


class FrozenFeatures(nn.Module):
    """Picture -> maps at strides 2, 4, 8, 16 and 32, of 16, 24, 40, 112 and 320 channels."""

    CHANNELS = (16, 24, 40, 112, 320)

    def __init__(self, count: int | None = None) -> None:
        """Build it with random weights; of its blocks only the first `count`, and so fewer maps."""
        super().__init__()
        self.stem = HalvingConvolution(3, STEM_CHANNELS, 3)
        blocks = []
        inputs = STEM_CHANNELS
        for repeats, kernel, first_stride, expansion, outputs in STAGES:
            for stride in chain([first_stride], repeat(1, repeats - 1)):
                blocks.append(InvertedResidual(inputs, outputs, kernel, stride, expansion))
                inputs = outputs
        self.blocks = nn.ModuleList(blocks[:count])

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """Return the maps, the largest first, of pictures (N, 3, H, W) in 0..1, RGB: of each size the last."""
        pictures = (pictures - MEAN) / DEVIATION
        features = functional.relu6(self.stem(pictures.to(self.stem.weight.dtype)))
        maps = []
        for block in self.blocks:
            if block.halves:
                maps.append(features)
            features = block(features)
        return [*maps, features]
