"""The convolution by which the generator looks at its condition.

Of the condition's channels more than half are the style, the same at every pixel: what a convolution makes of them is
the same too but at the border, where zeros are padded.  It is told once for each of the nine places that a pixel can
have there, corners, sides and the middle, which halves the work.

Shape symbols: N = batch, C = channels, Z = style size, H, W = height and width.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

PLACES = 3  # first row, those between, last row; of columns likewise


class ConditionConvolution(nn.Conv2d):
    """A 3x3 convolution of [labels, style, all else]; its weights are those of an ordinary one of all channels."""

    def __init__(self, classes: int, style_size: int, others: int, outputs: int) -> None:
        """Build it.

        Args:
            classes: K.
            style_size: Z, 0 or more.
            others: channels that come after the style.
            outputs: C'.
        """
        super().__init__(classes + style_size + others, outputs, 3, padding=1)
        self.parts = [classes, style_size, others]

    def forward(self, planes: Tensor, style: Tensor) -> Tensor:  # type: ignore[override]
        """Return (N, C', H, W) of labels and all else (N, C, H, W) and a style (N, Z); H and W are 2 or more."""
        labels, styled, others = self.weight.split(self.parts, 1)
        seen = functional.conv2d(planes, torch.cat([labels, others], 1), self.bias, padding=1)
        if not self.parts[1]:
            return seen
        tile = style.to(planes.dtype)[:, :, None, None].expand(-1, -1, PLACES, PLACES)
        return seen + _spread(functional.conv2d(tile, styled, padding=1), planes.shape[2], planes.shape[3])


def _spread(places: Tensor, height: int, width: int) -> Tensor:
    """Return (N, C, H, W): the corners, sides and middle of (N, C, 3, 3), the middle as large as it must be."""
    first, middle, last = places.split(1, 2)
    first, middle, last = torch.cat([first, middle.expand(-1, -1, height - 2, -1), last], 2).split(1, 3)
    return torch.cat([first, middle.expand(-1, -1, -1, width - 2), last], 3)
