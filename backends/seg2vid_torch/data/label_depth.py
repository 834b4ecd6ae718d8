"""Depth from a label map of a street, seen from a car.

Road, sidewalk and terrain are a plane under the camera; what stands on it takes, column by column, the depth of the
ground just below it; the sky is infinitely far; the car's own bonnet does not move (Hoiem et al., "Automatic Photo
Pop-up", 2005, had the idea for single pictures).

Depth is handled as its inverse in pixels below the horizon: d = y - horizon for a ground pixel, so that depth = F h / d
with focal length F (pixels) and camera height h.

Shape symbols: N = batch, H, W = height and width.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from seg2vid_interface.errors import SettingsError
from seg2vid_interface.label_spaces import LabelSpace

GROUND = ("road", "sidewalk", "terrain")
LOWEST_GROUND = 0.5  # pixels below the horizon: bounds the depth
MEDIAN_WIDTH = 5  # pixels; smooths vertical surfaces whose feet are ragged


@dataclass(frozen=True)
class StreetClasses:
    """Which class indices play which part in the scene."""

    ground: tuple[int, ...]
    sky: int
    bonnet: int | None
    """Class of the car's own bonnet at the bottom of the picture."""

    @classmethod
    def of(cls, space: LabelSpace) -> "StreetClasses":
        """Find them by name.  Raises SettingsError if the label space has no road or no sky."""
        names = [label_class.name for label_class in space.classes]
        if "road" not in names or "sky" not in names:
            raise SettingsError(
                f"stills: label space {space.name} has no classes named road and sky, so no depth can be told",
                "Leave out stills, or name the classes so.",
            )
        return cls(tuple(names.index(n) for n in GROUND if n in names), names.index("sky"), space.other)


def inverse_depth(labels: Tensor, horizon: Tensor, classes: StreetClasses) -> Tensor:
    """Return d (N, H, W) in pixels, >= 0; 0 = infinitely far or not moving.

    Args:
        labels: (N, H, W) integer class indices.
        horizon: (N,) row of the horizon in pixels.
        classes: the scene's parts.
    """
    height = labels.shape[1]
    rows = torch.arange(height, device=labels.device).view(1, -1, 1)
    ground = torch.isin(labels, torch.tensor(classes.ground, device=labels.device)) & (rows > horizon.view(-1, 1, 1))
    # The first ground row at or below each pixel, else the bottom row: a running minimum from the bottom up.
    foot = torch.where(ground, rows, height - 1).flip(1).cummin(1).values.flip(1)
    depth = (foot - horizon.view(-1, 1, 1)).clamp(min=LOWEST_GROUND)
    depth = torch.where(ground, depth, _median_across(depth))
    still = labels == classes.sky
    if classes.bonnet is not None:
        still |= (labels == classes.bonnet) & (rows > 0.75 * height)
    return depth.masked_fill(still, 0.0)


def _median_across(depth: Tensor) -> Tensor:
    padded = functional.pad(depth[:, None], (MEDIAN_WIDTH // 2,) * 2 + (0, 0), mode="replicate")[:, 0]
    return padded.unfold(2, MEDIAN_WIDTH, 1).median(-1).values
