"""Hints to learn from: a still as a warp would leave it, of which the still itself is the truth.

A camera that has driven towards a vanishing point shows everything magnified, the more the further from it, so what a
warp makes of the frame before is blurred there; the sky, which is far away, is not.  There are holes where something
was hidden: beside objects, and in a band at the side that the camera has turned to.

Shape symbols: N = stills, H, W = height and width.
"""

import torch
from torch import Tensor
from torch.nn import functional

from seg2vid_interface.label_spaces import LabelSpace

NUMBERS = 8
"""Random numbers that a hint is made from."""
UPRIGHT = ("pole", "traffic light", "traffic sign")  # hide what is behind them, beside all that moves by itself
SKY = "sky"
VANISHING_X, VANISHING_Y = (0.35, 0.65), (0.38, 0.5)  # of width and height
MOST_MAGNIFIED = 2.0  # beyond 1, half of the picture's size away from the vanishing point
FURTHEST = 10  # pixels that objects have moved
WIDEST_BAND = 0.25  # of the width
COVERED, TURNED = 0.7, 0.5  # share of the hints with holes beside objects, and of those with a band


class HintMaker:
    """Makes hints from stills of a label space, on a device."""

    def __init__(self, label_space: LabelSpace, device: torch.device) -> None:
        names = [label_class.name for label_class in label_space.classes]
        objects = {*label_space.foreground, *(names.index(name) for name in UPRIGHT if name in names)}
        objects -= {label_space.other}
        self._is_sky = torch.tensor([name == SKY for name in names], device=device)
        self._is_object = torch.tensor([index in objects for index in range(len(names))], device=device)

    def __call__(self, frames: Tensor, labels: Tensor, numbers: Tensor, hinted: float = 1.0) -> tuple[Tensor, Tensor]:
        """Return hints (N, 3, H, W) in 0..1, black where nothing is known, and their trust (N, 1, H, W).

        Trust is 1 where the frame is untouched, 1 / magnification where it is blurred and 0 where it is unknown.

        Args:
            frames: (N, 3, H, W) in 0..1.
            labels: (N, H, W), class indices.
            numbers: (N, NUMBERS), each even in 0..1: all that is random.
            hinted: share of the stills that get a hint at all.
        """
        centre_x, centre_y, strength, shift, covers, edge, turns, gets = numbers.view(-1, NUMBERS, 1, 1, 1).unbind(1)
        magnified = self._magnified(labels, _between(VANISHING_X, centre_x), _between(VANISHING_Y, centre_y), strength)
        moved = (_between((-FURTHEST, FURTHEST), shift)).round()
        hole = self._beside_objects(labels, moved) & (covers < COVERED)
        hole = hole | (_band(labels, _between((-WIDEST_BAND, WIDEST_BAND), edge)) & (turns < TURNED))
        known = ~hole & (gets < hinted)
        return _blurred(frames, magnified) * known, known / magnified

    def _magnified(self, labels: Tensor, centre_x: Tensor, centre_y: Tensor, strength: Tensor) -> Tensor:
        height, width = labels.shape[1:]
        x, y = _columns(labels) / width - centre_x, _rows(labels) / height - centre_y
        magnified = 1 + MOST_MAGNIFIED * strength * 2 * (x**2 + y**2).sqrt()
        return torch.where(self._is_sky[labels][:, None], 1.0, magnified)

    def _beside_objects(self, labels: Tensor, moved: Tensor) -> Tensor:
        """Return what objects covered that stood so many pixels (N, 1, 1, 1) further to the left."""
        objects = self._is_object[labels][:, None]
        before = (_columns(labels) - moved).expand(objects.shape).long()
        inside = (before >= 0) & (before < labels.shape[2])
        return objects.gather(3, before.clamp(0, labels.shape[2] - 1)) & inside & ~objects


def _between(limits: tuple[float, float], number: Tensor) -> Tensor:
    low, high = limits
    return low + (high - low) * number


def _columns(labels: Tensor) -> Tensor:
    return torch.arange(labels.shape[2], device=labels.device).view(1, 1, 1, -1)


def _rows(labels: Tensor) -> Tensor:
    return torch.arange(labels.shape[1], device=labels.device).view(1, 1, -1, 1)


def _band(labels: Tensor, share: Tensor) -> Tensor:
    """Return the band of this share of the width (N, 1, 1, 1) at the left, or of its opposite at the right."""
    columns, edge = _columns(labels), labels.shape[2] * share
    return torch.where(edge > 0, columns < edge, columns >= labels.shape[2] + edge)


def _blurred(frames: Tensor, magnified: Tensor) -> Tensor:
    """Return frames with the detail that is left at a magnification (N, 1, H, W), up to 4."""
    half, quarter = (
        functional.interpolate(
            functional.avg_pool2d(frames, factor), size=frames.shape[2:], mode="bicubic", align_corners=False
        ).clamp(0, 1)
        for factor in (2, 4)
    )
    level = magnified.log2()
    return frames.lerp(half, level.clamp(0, 1)).lerp(quarter, (level - 1).clamp(0, 1))
