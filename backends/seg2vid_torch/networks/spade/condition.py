"""What the image stage's generator sees at every level beside its features.

The condition of a pixel is [labels (K), style (Z), y, x, texture (4), hint (3), trust (1)], in this order; the style,
which is the same everywhere, is not laid out as planes (`condition_convolution`).  Labels,
style and coordinates say what is to be painted, in which look and where; the texture, white noise, is what a region of
one class can make its grain of (without it there is nothing but the zero padding and the upsampling, and the generator
weaves a grid); the hint is a picture that is known in part, and its trust says how sharp it is there.

Shape symbols: N = batch, K = classes, Z = style size, H, W = height and width.
"""

import torch
from torch import Tensor
from torch.nn import functional

from seg2vid_interface.model_card import TEXTURE_CHANNELS

COORDINATES, HINT_CHANNELS = 2, 4
OTHERS = COORDINATES + TEXTURE_CHANNELS + HINT_CHANNELS
SHARP, UNKNOWN = 0.8, 0.5  # trust from which a hint is kept as it is, and up to which it is painted over


def condition_pyramid(labels: Tensor, texture: Tensor, hint: Tensor, trust: Tensor, *, levels: int) -> list[Tensor]:
    """Return the conditions but for the style, (N, K + OTHERS, H / 2^l, W / 2^l), of levels l = 0, 1, ...

    Args:
        labels: (N, K, H, W), class probabilities.
        texture: (N, 4, H, W), standard normal; stays so from level to level.
        hint: (N, 3, H, W) in 0..1.
        trust: (N, 1, H, W) in 0..1.
        levels: how many.
    """
    still = torch.cat([labels, *_coordinates(labels)], 1)
    known = torch.cat([hint * trust, trust], 1)
    pyramid = [torch.cat([still, texture, known], 1)]
    for _ in range(levels - 1):
        still, known = functional.avg_pool2d(still, 2), functional.avg_pool2d(known, 2)
        texture = functional.avg_pool2d(texture, 2) * 2  # the mean of four has half their deviation
        pyramid.append(torch.cat([still, texture, known], 1))
    return pyramid


def _coordinates(labels: Tensor) -> tuple[Tensor, Tensor]:
    """Return y and x of every pixel, each (N, 1, H, W): -1 at the top and left, 1 at the bottom and right."""
    batch, _, height, width = labels.shape
    y = torch.arange(height, device=labels.device) * 2 / (height - 1) - 1
    x = torch.arange(width, device=labels.device) * 2 / (width - 1) - 1
    shape = batch, 1, height, width
    return y.view(1, 1, -1, 1).expand(shape).to(labels.dtype), x.view(1, 1, 1, -1).expand(shape).to(labels.dtype)


def painted_share(trust: Tensor) -> Tensor:
    """Return how much of a pixel is painted anew, for its trust: nothing from SHARP on, all up to UNKNOWN.

    Pixel by pixel: averaged with its neighbours' share, a pixel of trust 1 beside a hole would not come out untouched,
    and one in the hole would keep some of the black that stands there.
    """
    t = ((SHARP - trust) / (SHARP - UNKNOWN)).clamp(0, 1)
    return t * t * (3 - 2 * t)
