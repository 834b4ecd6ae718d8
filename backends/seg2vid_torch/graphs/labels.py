"""The labels stage as a graph; see `graphs`.

Shape symbols: N = batch, h, w = height and width.
"""

import torch
from torch import Tensor, nn

from seg2vid_torch.networks.build import LabelsNetwork


class LabelsGraph(nn.Module):
    """Picture -> its label map."""

    def __init__(self, network: LabelsNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, picture: Tensor) -> dict[str, Tensor]:
        """Return "label_map" (N, h, w) uint8, the likeliest classes of a picture (N, 3, h, w) in 0..1."""
        return {"label_map": self.network(picture).argmax(1).to(torch.uint8)}
