"""Sheets of samples: rows of pictures, one per still."""

from collections.abc import Sequence
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from seg2vid_interface.label_spaces import LabelSpace


def painted(labels: Tensor, label_space: LabelSpace) -> Tensor:
    """Return label maps (N, H, W) in the colours of their classes: uint8 (N, 3, H, W)."""
    colors = torch.tensor([c.color for c in label_space.classes], dtype=torch.uint8)
    return colors[labels.cpu().long()].movedim(-1, 1)


def write_sheet(path: Path, columns: Sequence[Tensor]) -> None:
    """Write the columns, each (N, 3, H, W), uint8 or in 0..1, beside one another."""
    pictures = [x.cpu() if x.dtype == torch.uint8 else (x.cpu() * 255).round().byte() for x in columns]
    sheet = torch.cat([torch.cat(list(column), 1) for column in pictures], 2)
    Image.fromarray(sheet.movedim(0, -1).contiguous().numpy()).save(path)
