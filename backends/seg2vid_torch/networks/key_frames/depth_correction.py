"""Depth correction: what labels tell of depth that the ground alone does not.

Label geometry puts whatever stands on the ground at the distance of its foot.  This small network at a quarter of the
size says by what factor that is wrong, at the start by none.  It does not see the picture: with it, it learned the few
clips that there are by heart.

Shape symbols: N = batch, K = classes, H, W = height and width, h, w = a quarter of them.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from seg2vid_torch.networks.layers import SLOPE

REDUCED = 4  # height and width, to these shares
EMBEDDING = 12  # numbers that stand for a class
LARGEST = 1.0  # of the logarithm of the factor
DILATIONS = (1, 2, 4, 8, 2)


class DepthCorrection(nn.Module):
    """Label map and inverse depth -> factor on the inverse depth."""

    def __init__(self, classes: int, channels: int) -> None:
        """Build it for K classes; it begins with the factor 1."""
        super().__init__()
        self.embedding = nn.Embedding(classes, EMBEDDING)
        self.head = nn.Conv2d(EMBEDDING + 3, channels, 3, padding=1)
        self.body = nn.ModuleList(nn.Conv2d(channels, channels, 3, padding=d, dilation=d) for d in DILATIONS)
        self.out = nn.Conv2d(channels, 1, 3, padding=1)
        for parameter in self.out.parameters():
            nn.init.zeros_(parameter)

    def forward(self, label_map: Tensor, inverse_depth: Tensor) -> Tensor:
        """Return the factor (N, H, W).

        Args:
            label_map: (N, H, W) long, class indices.
            inverse_depth: (N, H, W) in pixels, 0 or more.
        """
        height, width = label_map.shape[1:]
        embedded = self.embedding(label_map[:, REDUCED // 2 :: REDUCED, REDUCED // 2 :: REDUCED]).permute(0, 3, 1, 2)
        pooled = functional.avg_pool2d((1 + inverse_depth[:, None]).log(), REDUCED)
        seen = torch.cat([pooled, embedded, *_coordinates(pooled)], 1).to(self.head.weight.dtype)
        features = functional.leaky_relu(self.head(seen), SLOPE)
        for layer in self.body:
            features = features + functional.leaky_relu(layer(features), SLOPE)
        logarithm = LARGEST * torch.tanh(self.out(features).float())
        larger = functional.interpolate(logarithm, size=(height, width), mode="bilinear", align_corners=False)
        return larger[:, 0].exp()


def _coordinates(like: Tensor) -> tuple[Tensor, Tensor]:
    """Return y and x (N, 1, h, w) in -1..1."""
    batch, _, height, width = like.shape
    y = ((torch.arange(height, device=like.device) + 0.5) * (2 / height) - 1).view(1, 1, -1, 1)
    x = ((torch.arange(width, device=like.device) + 0.5) * (2 / width) - 1).view(1, 1, 1, -1)
    return y.expand(batch, 1, height, width), x.expand(batch, 1, height, width)
