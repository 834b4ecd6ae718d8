"""Depth from a label map of a street, seen from a car.

Road, sidewalk and terrain are a plane under the camera; what stands on it takes, column by column, the depth of the
ground just below it; the sky is infinitely far; the car's own bonnet does not move (Hoiem et al., "Automatic Photo
Pop-up", 2005, had the idea for single pictures).

Depth is handled as its inverse in pixels below the horizon: d = y - horizon for a ground pixel, so that depth = F h / d
with focal length F (pixels) and camera height h.  Widths in pixels are meant for pictures of about 128x256.

Shape symbols: N = batch, K = classes, H, W = height and width.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional

from seg2vid_interface.driving.things import GROUND
from seg2vid_interface.errors import SettingsError
from seg2vid_interface.label_spaces import LabelSpace
from seg2vid_torch.geometry.filling import stand_ins

TALLEST = 4095  # pixels: the highest picture whose depth is told
LIKELY = 0.497  # not 0.5, which warping by half a pixel hits, and where the last digit would decide
LOWEST_GROUND = 0.5  # pixels below the horizon: bounds the depth
BACKGROUND_WIDTH, FOREGROUND_WIDTH = 17, 9  # pixels across which the depths of ragged feet are averaged
AVERAGED_ROWS = 5  # pixels
SKY_WINDOW = 5  # pixels
BONNET_FROM = 0.75  # of the height: unlabelled pixels below are the car's bonnet


@dataclass(frozen=True)
class StreetMasks:
    """Which pixels play which part, each (N, H, W) bool."""

    ground: Tensor
    sky: Tensor
    bonnet: Tensor
    """Moves with the camera."""
    foreground: Tensor
    """Moves by itself."""


@dataclass(frozen=True)
class StreetClasses:
    """Which class indices play which part in the scene."""

    ground: tuple[int, ...]
    sky: int
    other: int | None
    """The class of unlabelled pixels; at the bottom of the picture they are the car's own bonnet."""
    foreground: tuple[int, ...]

    @classmethod
    def of(cls, space: LabelSpace) -> "StreetClasses":
        """Find them by name.  Raises SettingsError if the label space has no road or no sky."""
        names = [label_class.name for label_class in space.classes]
        if "road" not in names or "sky" not in names:
            raise SettingsError(
                f"label space {space.name}: has no classes named road and sky, so no depth can be told",
                "Name them so, or do without: rolled = driven = 0 for an image stage, preset paper for a motion stage.",
            )
        foreground = tuple(index for index in space.foreground if index != space.other)
        ground = tuple(names.index(name) for name in GROUND if name in names)
        return cls(ground, names.index("sky"), space.other, foreground)

    def masks_of(self, label_map: Tensor) -> StreetMasks:
        """Sort the pixels of a label map (N, H, W), class indices, into their parts."""
        return self._masks((label_map == self.sky).float(), partial(_among, label_map))

    def masks(self, probabilities: Tensor) -> StreetMasks:
        """Sort the pixels of class probabilities (N, K, H, W) into their parts."""
        return self._masks(probabilities[:, self.sky], partial(_likely, probabilities))

    def _masks(self, sky: Tensor, among: Callable[[tuple[int, ...]], Tensor]) -> StreetMasks:
        """Sort pixels, of which this much (N, H, W) is sky, by what says which are `among` some classes."""
        # Sky that shines through leaves is taken for leaves: torn apart pixel by pixel it would look like snow.
        open_sky = functional.avg_pool2d(sky[:, None], SKY_WINDOW, stride=1, padding=SKY_WINDOW // 2)
        rows = torch.arange(sky.shape[1], device=sky.device).view(-1, 1)
        unlabelled = among(() if self.other is None else (self.other,))
        return StreetMasks(
            ground=among(self.ground),
            sky=open_sky[:, 0] > 0.5,
            bonnet=unlabelled & (rows > BONNET_FROM * sky.shape[1]),
            foreground=among(self.foreground),
        )


def _likely(probabilities: Tensor, classes: tuple[int, ...]) -> Tensor:
    """Say where one of the classes is likely, by probabilities (N, K, H, W)."""
    return probabilities[:, list(classes)].sum(1) > LIKELY


def _among(label_map: Tensor, classes: tuple[int, ...]) -> Tensor:
    """Say where a label map (N, H, W) shows one of the classes; a table would be slower for so few."""
    found = torch.zeros_like(label_map, dtype=torch.bool)
    for index in classes:
        found = found | (label_map == index)
    return found


def inverse_depth(masks: StreetMasks, horizon: Tensor, moves: Tensor | None = None) -> Tensor:
    """Return d (N, H, W) in pixels, >= 0; 0 = infinitely far.

    Args:
        masks: the parts of the scene.
        horizon: (N,) row of the horizon in pixels.
        moves: (N, H, W) bool: things that are no part of the street; what stands behind them has its foot elsewhere.
    """
    height = masks.ground.shape[1]
    rows = torch.arange(height, device=horizon.device, dtype=torch.float32).view(1, -1, 1)
    below = rows - horizon.view(-1, 1, 1)
    ground = masks.ground & (below > 0)
    foot = _foot(ground, rows)
    depth = (foot - horizon.view(-1, 1, 1)).clamp(min=LOWEST_GROUND)
    background = ~ground & ~masks.foreground & ~masks.sky
    if moves is not None:
        hidden = background & (_foot(moves, rows) < foot)
        known = (background & ~hidden)[:, None]
        beside, _ = stand_ins(known, depth[:, None], below[:, None].clamp(min=0), torch.zeros_like(depth[:, None]))
        depth = torch.where(hidden, depth.flatten(1).gather(1, beside.flatten(1)).view_as(depth), depth)
    depth = torch.where(background, _averaged_across(depth, background, BACKGROUND_WIDTH), depth)
    depth = torch.where(masks.foreground, _lowest_foot(depth, masks.foreground), depth)
    depth = torch.where(masks.foreground, _averaged_across(depth, masks.foreground, FOREGROUND_WIDTH), depth)
    return depth.masked_fill(masks.sky, 0.0)


def _foot(ground: Tensor, rows: Tensor) -> Tensor:
    """Return (N, H, W): the first ground row at or below each pixel, else the bottom row.

    A running minimum from the bottom up in steps that double: export knows no `cummin`, and no pooling whose window
    depends on the height.
    """
    height = ground.shape[1]
    foot = torch.where(ground, rows, height - 1)
    for doubling in range(TALLEST.bit_length()):
        step = 2**doubling
        foot = torch.minimum(foot, functional.pad(foot, (0, 0, 0, step), value=TALLEST)[:, step:])
    return foot


def _lowest_foot(depth: Tensor, foreground: Tensor) -> Tensor:
    """Give arms and bumpers the depth of the feet and wheels beside them, not that of the ground seen below them."""
    among = (depth * foreground)[:, None]
    return functional.max_pool2d(among, (1, FOREGROUND_WIDTH), stride=1, padding=(0, FOREGROUND_WIDTH // 2))[:, 0]


def _averaged_across(depth: Tensor, among: Tensor, width: int) -> Tensor:
    """Average log depth along the rows, and a little down the columns, over the pixels of `among` alone."""
    weight = among[:, None].float()
    both = torch.cat([depth[:, None].log() * weight, weight], 1)
    window = (AVERAGED_ROWS, width)
    total, count = functional.avg_pool2d(both, window, stride=1, padding=(AVERAGED_ROWS // 2, width // 2)).unbind(1)
    return (total / count.clamp(min=1e-6)).exp()
