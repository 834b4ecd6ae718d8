"""VGG19's features (Simonyan and Zisserman, ICLR 2015), in which perceptual losses compare pictures.

Shape symbols: N = batch, H, W = height and width.
"""

from typing import Literal

import torch
from torch import Tensor, nn

BLOCKS = ((64, 64), (128, 128), (256, 256, 256, 256), (512, 512, 512, 512), (512, 512, 512, 512))
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet's pictures, R, G, B in 0..1


class Vgg19(nn.Module):
    """Picture -> the maps after each ReLU.  State-dict names are torchvision's: "features.0.weight", ..."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, maps: int = 12, pooling: Literal["average", "maximum"] = "average") -> None:
        """Build it with random weights.

        Args:
            maps: convolutions, 1 to 16; 12 end with ReLU 4_4.
            pooling: between the blocks.  VGG19 was trained with the maximum; Gatys et al. (CVPR 2016) found the average
                to give better pictures, and seg2vid takes it.
        """
        super().__init__()
        layers: list[nn.Module] = []
        inputs = 3
        for number, block in enumerate(BLOCKS):
            if number:
                layers.append(nn.AvgPool2d(2) if pooling == "average" else nn.MaxPool2d(2))
            for outputs in block:
                layers += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU()]
                inputs = outputs
        ends = [index for index, layer in enumerate(layers, start=1) if isinstance(layer, nn.ReLU)]
        self.features = nn.Sequential(*layers[: ends[maps - 1]])
        self.register_buffer("mean", torch.tensor(MEAN).view(3, 1, 1), persistent=False)
        self.register_buffer("deviation", torch.tensor(DEVIATION).view(3, 1, 1), persistent=False)

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """Return the maps, the largest first, of pictures (N, 3, H, W) in 0..1, RGB."""
        features = (pictures - self.mean) / self.deviation
        maps = []
        for layer in self.features:
            features = layer(features)
            if isinstance(layer, nn.ReLU):
                maps.append(features)
        return maps
