"""From RGB, which all files and interfaces hold, to what a network sees, and back."""

import torch
from torch import Tensor

LUMA = (0.299, 0.587, 0.114)  # of red, green and blue: ITU-R BT.601, as Pillow's mode "L"


def from_rgb(pictures: Tensor, channels: int) -> Tensor:
    """Turn pictures (..., 3, H, W) into (..., C, H, W) of the same dtype and range; C = 3, or 1 for grey."""
    if channels == 3:
        return pictures
    weights = torch.tensor(LUMA, device=pictures.device).view(3, 1, 1)
    grey = (pictures * weights).sum(-3, keepdim=True)
    return grey if pictures.is_floating_point() else grey.round().to(pictures.dtype)


def to_rgb(pictures: Tensor) -> Tensor:
    """Turn pictures (..., C, H, W) into (..., 3, H, W); grey ones get three equal channels."""
    if pictures.shape[-3] == 3:
        return pictures
    return pictures.expand(*pictures.shape[:-3], 3, *pictures.shape[-2:])
