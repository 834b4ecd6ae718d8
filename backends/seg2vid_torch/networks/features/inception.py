"""Inception v3 (Szegedy et al., CVPR 2016) as the Frechet inception distance sees pictures (Heusel et al., NIPS 2017).

It is TensorFlow's network of 2015, which differs from torchvision's: its average pooling does not count what lies
outside the picture, and its last block takes the maximum.  State-dict names are torchvision's and pytorch-fid's.

Shape symbols: N = batch.
"""

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional

SIZE = 299
"""Height and width of the pictures that it sees."""
FEATURES = 2048

Size = int | tuple[int, int]


class Convolution(nn.Module):
    """A convolution with batch norm and a ReLU."""

    def __init__(self, inputs: int, outputs: int, size: Size, *, stride: int = 1, padding: Size = 0) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, size, stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(outputs, eps=0.001)

    def forward(self, maps: Tensor) -> Tensor:
        """Return (N, outputs, ...)."""
        return functional.relu(self.bn(self.conv(maps)))


_point = partial(Convolution, size=1)
_square = partial(Convolution, size=3, padding=1)
_halving = partial(Convolution, size=3, stride=2)
_row7, _column7 = partial(Convolution, size=(1, 7), padding=(0, 3)), partial(Convolution, size=(7, 1), padding=(3, 0))
_row3, _column3 = partial(Convolution, size=(1, 3), padding=(0, 1)), partial(Convolution, size=(3, 1), padding=(1, 0))


class Branches(nn.Module):
    """Ways that maps go side by side; what comes of each is put together."""

    def __init__(self, chains: Sequence[Sequence[str]], pooling: str, **layers: nn.Module) -> None:
        """Take layers by name, and which of them follow each other in each branch.

        Args:
            chains: the layers' names, branch by branch; of names with a bar, "a|b", both layers see what is before.
            pooling: "average" or "maximum" before the layer `branch_pool`, or "halving": the maximum alone.
            layers: by their names.
        """
        super().__init__()
        self._chains, self._pooling = chains, pooling
        for name, layer in layers.items():
            self.add_module(name, layer)

    def forward(self, maps: Tensor) -> Tensor:
        """Return all branches' maps along the channels."""
        found = []
        for chain in self._chains:
            branch = maps
            for names in chain:
                branch = torch.cat([self.get_submodule(name)(branch) for name in names.split("|")], 1)
            found.append(branch)
        return torch.cat([*found, self._pooled(maps)], 1)

    def _pooled(self, maps: Tensor) -> Tensor:
        if self._pooling == "halving":
            return functional.max_pool2d(maps, 3, 2)
        if self._pooling == "maximum":
            maps = functional.max_pool2d(maps, 3, 1, 1)
        else:
            maps = functional.avg_pool2d(maps, 3, 1, 1, count_include_pad=False)
        return self.get_submodule("branch_pool")(maps)


def _block_a(inputs: int, pooled: int) -> Branches:
    return Branches(
        [["branch1x1"], ["branch5x5_1", "branch5x5_2"], ["branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3"]],
        "average",
        branch1x1=_point(inputs, 64),
        branch5x5_1=_point(inputs, 48),
        branch5x5_2=Convolution(48, 64, 5, padding=2),
        branch3x3dbl_1=_point(inputs, 64),
        branch3x3dbl_2=_square(64, 96),
        branch3x3dbl_3=_square(96, 96),
        branch_pool=_point(inputs, pooled),
    )


def _block_b() -> Branches:
    return Branches(
        [["branch3x3"], ["branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3"]],
        "halving",
        branch3x3=_halving(288, 384),
        branch3x3dbl_1=_point(288, 64),
        branch3x3dbl_2=_square(64, 96),
        branch3x3dbl_3=_halving(96, 96),
    )


def _block_c(width: int) -> Branches:
    return Branches(
        [["branch1x1"], [f"branch7x7_{n}" for n in (1, 2, 3)], [f"branch7x7dbl_{n}" for n in (1, 2, 3, 4, 5)]],
        "average",
        branch1x1=_point(768, 192),
        branch7x7_1=_point(768, width),
        branch7x7_2=_row7(width, width),
        branch7x7_3=_column7(width, 192),
        branch7x7dbl_1=_point(768, width),
        branch7x7dbl_2=_column7(width, width),
        branch7x7dbl_3=_row7(width, width),
        branch7x7dbl_4=_column7(width, width),
        branch7x7dbl_5=_row7(width, 192),
        branch_pool=_point(768, 192),
    )


def _block_d() -> Branches:
    return Branches(
        [["branch3x3_1", "branch3x3_2"], [f"branch7x7x3_{n}" for n in (1, 2, 3, 4)]],
        "halving",
        branch3x3_1=_point(768, 192),
        branch3x3_2=_halving(192, 320),
        branch7x7x3_1=_point(768, 192),
        branch7x7x3_2=_row7(192, 192),
        branch7x7x3_3=_column7(192, 192),
        branch7x7x3_4=_halving(192, 192),
    )


def _block_e(inputs: int, pooling: str) -> Branches:
    return Branches(
        [
            ["branch1x1"],
            ["branch3x3_1", "branch3x3_2a|branch3x3_2b"],
            ["branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3a|branch3x3dbl_3b"],
        ],
        pooling,
        branch1x1=_point(inputs, 320),
        branch3x3_1=_point(inputs, 384),
        branch3x3_2a=_row3(384, 384),
        branch3x3_2b=_column3(384, 384),
        branch3x3dbl_1=_point(inputs, 448),
        branch3x3dbl_2=_square(448, 384),
        branch3x3dbl_3a=_row3(384, 384),
        branch3x3dbl_3b=_column3(384, 384),
        branch_pool=_point(inputs, 192),
    )


class Inception(nn.Module):
    """Picture -> features before the last layer."""

    def __init__(self) -> None:
        super().__init__()
        halved = partial(nn.MaxPool2d, 3, 2)
        layers: dict[str, nn.Module] = {
            "Conv2d_1a_3x3": _halving(3, 32),
            "Conv2d_2a_3x3": Convolution(32, 32, 3),
            "Conv2d_2b_3x3": _square(32, 64),
            "maxpool1": halved(),
            "Conv2d_3b_1x1": _point(64, 80),
            "Conv2d_4a_3x3": Convolution(80, 192, 3),
            "maxpool2": halved(),
            "Mixed_5b": _block_a(192, 32),
            "Mixed_5c": _block_a(256, 64),
            "Mixed_5d": _block_a(288, 64),
            "Mixed_6a": _block_b(),
            "Mixed_6b": _block_c(128),
            "Mixed_6c": _block_c(160),
            "Mixed_6d": _block_c(160),
            "Mixed_6e": _block_c(192),
            "Mixed_7a": _block_d(),
            "Mixed_7b": _block_e(1280, "average"),
            "Mixed_7c": _block_e(2048, "maximum"),
        }
        for name, layer in layers.items():
            self.add_module(name, layer)

    def forward(self, pictures: Tensor) -> Tensor:
        """Return features (N, FEATURES) of pictures (N, 3, SIZE, SIZE) in -1..1, RGB."""
        for layer in self.children():
            pictures = layer(pictures)
        return pictures.mean((2, 3))
