"""Pictures with labels as a camera elsewhere, or in another light, might have taken them."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from seg2vid_torch.data.batches import Stills, pictures, torch_generator
from seg2vid_torch.data.shares import WHOLE, Share
from seg2vid_torch.networks.colors import from_rgb

STRETCH = 0.15  # most by which a part is wider or higher than the picture, as the logarithm of a factor


@dataclass(frozen=True)
class Changes:
    """How N pictures are changed."""

    share: Tensor
    """(N, 2): width and height of the part that is magnified to the whole, as shares of those of the picture."""
    place: Tensor
    """(N, 2): where it lies from left to right and from top to bottom, 0..1."""
    colors: Tensor
    """(N, 3): factors on brightness, contrast and saturation."""


def draw_changes(
    count: int, device: torch.device, seed: int, step: int, *, zoom: float, color: float, share: Share = WHOLE
) -> Changes:
    """Draw the changes of a step's pictures, and return those of a share.

    Args:
        count: N.
        device: where they are needed.
        seed: of the run.
        step: its number.
        zoom: most by which a part is magnified.
        color: most by which a factor on colours differs from 1.
        share: which of the N pictures are asked for.
    """
    generator = torch_generator(device, seed, step, "changes")
    drawn = share.of(torch.rand(count, 7, generator=generator, device=device))
    magnified = zoom ** drawn[:, :1]
    stretched = torch.exp(STRETCH * (2 * drawn[:, 1:2] - 1) * torch.tensor([1.0, -1.0], device=device))
    part = (stretched / magnified).clamp(max=1) if zoom > 1 else torch.ones(len(drawn), 2, device=device)
    return Changes(part, drawn[:, 2:4], 1 + color * (2 * drawn[:, 4:] - 1))


def augmented(stills: Stills, changes: Changes) -> tuple[Tensor, Tensor]:
    """Return frames (N, 3, H, W) in 0..1 and labels (N, H, W) long of the stills, mirrored and changed."""
    frames = pictures(stills.images, stills.images.device)
    grid = _grid(frames, stills.flipped, changes)
    frames = functional.grid_sample(frames, grid, "bilinear", "border", align_corners=False)
    labels = functional.grid_sample(stills.labels[:, None].float(), grid, "nearest", "border", align_corners=False)
    frames = recolored(frames, changes.colors).contiguous(memory_format=torch.channels_last)
    return frames, labels[:, 0].round().long()


def _grid(frames: Tensor, flipped: Tensor, changes: Changes) -> Tensor:
    """Return where to look (N, H, W, 2), in -1..1."""
    center = (2 * changes.place - 1) * (1 - changes.share)
    mirror = torch.where(flipped, -1.0, 1.0)
    width, height = changes.share.unbind(1)
    none = torch.zeros_like(width)
    rows = torch.stack([width * mirror, none, center[:, 0], none, height, center[:, 1]], 1)
    return functional.affine_grid(rows.view(-1, 2, 3), list(frames.shape), align_corners=False)


def recolored(frames: Tensor, colors: Tensor) -> Tensor:
    """Return frames (N, 3, H, W) in 0..1 with brightness, contrast and saturation changed by factors (N, 3)."""
    brightness, contrast, saturation = colors.view(-1, 3, 1, 1, 1).unbind(1)
    frames = frames * brightness
    mean = frames.mean((1, 2, 3), keepdim=True)
    frames = mean + contrast * (frames - mean)
    grey = from_rgb(frames, 1)
    return (grey + saturation * (frames - grey)).clamp(0, 1)
