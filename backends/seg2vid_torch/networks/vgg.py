"""VGG16's and VGG19's features (Simonyan and Zisserman, ICLR 2015), in which perceptual losses compare pictures.

Shape symbols: N = batch, H, W = height and width.
"""

from collections.abc import Collection, Sequence
from itertools import accumulate
from typing import Literal

import torch
from torch import Tensor, nn

Blocks = Sequence[Sequence[int]]
"""Channels of the convolutions, each followed by a ReLU, of every block; between the blocks the size is halved."""
Pooling = Literal["average", "maximum"]

VGG16: Blocks = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
VGG19: Blocks = ((64, 64), (128, 128), (256, 256, 256, 256), (512, 512, 512, 512), (512, 512, 512, 512))
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet's pictures, R, G, B in 0..1


class Vgg(nn.Module):
    """Picture -> the maps after chosen ReLUs.  State-dict names are torchvision's: "features.0.weight", ..."""

    mean: Tensor
    deviation: Tensor

    def __init__(
        self,
        blocks: Blocks,
        maps: Collection[int],
        *,
        pooling: Pooling = "maximum",
        mean: Sequence[float] = MEAN,
        deviation: Sequence[float] = DEVIATION,
    ) -> None:
        """Build it with random weights, up to the last ReLU that is asked for.

        Args:
            blocks: VGG16 or VGG19.
            maps: numbers of the ReLUs, counted from 0.
            pooling: between the blocks.  Both were trained with the maximum; Gatys et al. (CVPR 2016) found the average
                to give better pictures.
            mean: of R, G, B in 0..1, subtracted from a picture.
            deviation: of R, G, B, by which it is then divided.
        """
        super().__init__()
        layers: list[nn.Module] = []
        inputs = 3
        for number, block in enumerate(blocks):
            if number:
                layers.append(nn.AvgPool2d(2) if pooling == "average" else nn.MaxPool2d(2))
            for outputs in block:
                layers += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU()]
                inputs = outputs
        ends = [index for index, layer in enumerate(layers) if isinstance(layer, nn.ReLU)]
        self._ends = {ends[number] for number in maps}
        self.features = nn.Sequential(*layers[: max(self._ends) + 1])
        self.register_buffer("mean", torch.tensor(mean).view(3, 1, 1), persistent=False)
        self.register_buffer("deviation", torch.tensor(deviation).view(3, 1, 1), persistent=False)

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """Return the maps, the largest first, of pictures (N, 3, H, W) in 0..1, RGB."""
        features = ((pictures - self.mean) / self.deviation).to(next(self.features.parameters()).dtype)
        maps = []
        for index, layer in enumerate(self.features):
            features = layer(features)
            if index in self._ends:
                maps.append(features)
        return maps


class Vgg19(Vgg):
    """VGG19 with the maps after each of its first ReLUs, as seg2vid's perceptual loss has it."""

    def __init__(self, maps: int = 12, pooling: Pooling = "average") -> None:
        """Build it with random weights; `maps`, 1 to 16, is the number of convolutions: 12 end with ReLU 4_4."""
        super().__init__(VGG19, range(maps), pooling=pooling)


def last_of_blocks(blocks: Blocks, count: int) -> list[int]:
    """Return the numbers of the last ReLUs of the first blocks; of four: 1_2, 2_2, 3_3, 4_3 of VGG16."""
    return [convolutions - 1 for convolutions in accumulate(len(block) for block in blocks[:count])]
