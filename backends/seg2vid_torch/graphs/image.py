"""The image stage as a graph, for every kind of network; see `graphs`.

Shape symbols: N = batch, C = classes that the stage sees, Z = style size, H, W = height and width of the frames, SH, SW
= those of the network's picture, PH, PW = those of a picture whose style is read.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from seg2vid_torch.networks.build import ImageNetwork, Pix2PixHDGenerator
from seg2vid_torch.networks.spade.spade_generator import SpadeGenerator
from seg2vid_torch.networks.spade.style_encoder import StyleEncoder


class SpadeGraph(nn.Module):
    """Label probabilities, style, texture and what is known already -> first frame."""

    def __init__(self, network: SpadeGenerator, scale: int = 1) -> None:
        """Build it; `scale` = S, by which the network's picture is larger than the frame both ways."""
        super().__init__()
        self.network, self.scale = network, scale

    def forward(
        self, labels: Tensor, texture: Tensor, hint: Tensor, trust: Tensor, style: Tensor | None = None
    ) -> dict[str, Tensor]:
        """Return "frame" (N, 3, H, W) for (N, C, SH, SW), (N, 4, SH, SW), (N, 3, SH, SW), (N, 1, SH, SW), (N, Z)."""
        style = labels.new_zeros(labels.shape[0], 0) if style is None else style
        return {"frame": _averaged(self.network(labels, style, texture, hint, trust), self.scale)}


class StyleGraph(nn.Module):
    """Picture -> its style."""

    def __init__(self, network: StyleEncoder) -> None:
        super().__init__()
        self.network = network

    def forward(self, picture: Tensor) -> dict[str, Tensor]:
        """Return "style" (N, Z), the mean of the styles that a picture (N, 3, PH, PW) may have."""
        mean, _ = self.network(picture)
        return {"style": mean.float()}


class Pix2PixHDGraph(nn.Module):
    """Label probabilities and instance edges -> first frame."""

    def __init__(self, network: Pix2PixHDGenerator, scale: int = 1) -> None:
        """Build it; `scale` as above."""
        super().__init__()
        self.network, self.scale = network, scale

    def forward(self, labels: Tensor, edges: Tensor | None = None) -> dict[str, Tensor]:
        """Return "frame" (N, 3, H, W) for labels (N, C, SH, SW) and edges (N, 1, SH, SW) of 0 and 1."""
        conditions = labels if edges is None else torch.cat([labels, edges], 1)
        picture = self.network(conditions.to(next(self.network.parameters()).dtype)).float()
        return {"frame": _averaged((picture + 1) / 2, self.scale)}


def image_graph(network: ImageNetwork, scale: int) -> nn.Module:
    """Return the graph of an image stage whose pictures are `scale` times as large as the frames."""
    if isinstance(network, SpadeGenerator):
        return SpadeGraph(network, scale)
    return Pix2PixHDGraph(network, scale)


def _averaged(pictures: Tensor, scale: int) -> Tensor:
    """Average pictures (N, 3, SH, SW) over squares of S x S pixels."""
    return pictures if scale == 1 else functional.avg_pool2d(pictures, scale)
