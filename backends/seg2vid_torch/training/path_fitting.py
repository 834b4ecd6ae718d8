"""Fitting a camera's path to a real clip: Gauss-Newton steps on the difference of its pictures.

The first frame's pixels are looked for where the path would have moved them to in every later frame; nothing is
inverted.  Small pictures first, whose differences reach further; pixels count the less, the more they differ (Geman and
McClure's robust weights), so that what moves by itself, or is covered, does not pull at the path.

Shape symbols: N = batch, M = later moments, P = numbers of a path, H, W = height and width, h, w = those of a level.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional

from seg2vid_interface.model_card import Camera
from seg2vid_torch.data.path_teacher import moves_at
from seg2vid_torch.geometry.driving import drive, moves_of
from seg2vid_torch.geometry.path_numbers import PathBasis, knot_basis, knots_of, tilted_depth
from seg2vid_torch.geometry.sampling import bilinear
from seg2vid_torch.geometry.street_scene import StreetScene

FACTORS, ROUNDS = (4, 2, 1), (5, 3, 2)  # by which the pictures are smaller, level after level, and steps of each
OUTLIER = 0.2  # of the brightness: what differs by this counts for a quarter
FASTER = (1.0, 0.6, 1.7)  # than the encoder reads: speeds to begin with
DAMPING, LESS, MORE = 1e-3, 0.2, 10.0  # of the curvature at first; factors after a step that helped, or did not
NUDGE = 0.02  # of a number's deviation: over which the places' derivative is taken


@dataclass(frozen=True)
class FilmedScenes:
    """Real clips, and what is known of their first frames."""

    frames: Tensor
    """(N, M + 1, 3, H, W) in 0..1: the first frames, and those at M later moments."""
    moments: tuple[int, ...]
    """Frames since the first, each later than the one before; T = the last."""
    told: Tensor
    """(N, H, W), the first frames' inverse depth in pixels as told by labels, the camera being level."""
    factor: Tensor
    """(N, H, W), by which that is corrected."""
    still: Tensor
    """(N, H, W) bool: what only the camera moves."""
    bonnet: Tensor
    """(N, H, W) bool."""

    def until(self, count: int) -> "FilmedScenes":
        """Return them without the moments after the first `count`."""
        return replace(self, frames=self.frames[:, : count + 1], moments=self.moments[:count])

    def reduced(self, factor: int) -> "FilmedScenes":
        """Return them with pictures that are smaller by a factor."""
        if factor == 1:
            return self
        smaller = functional.avg_pool2d(self.frames.flatten(0, 1), factor).unflatten(0, self.frames.shape[:2])
        told, wrong, still, bonnet = (
            field[:, factor // 2 :: factor, factor // 2 :: factor]
            for field in (self.told, self.factor, self.still, self.bonnet)
        )
        return FilmedScenes(smaller, self.moments, told / factor, wrong, still, bonnet)

    def places(self, steps: Tensor, camera: Camera) -> Tensor:
        """Return where the steps (N, T + 1, 3) move the first frames' pixels to, (N, M, 2, H, W)."""
        zero = torch.zeros_like(self.told)
        depth = tilted_depth(self.told, steps[:, 0, 2], camera) * self.factor
        scene = StreetScene(depth, zero, zero, zero, zero > 0, self.bonnet)
        moves = moves_at(moves_of(steps, camera), [moment - 1 for moment in self.moments])
        return drive(scene, moves, camera)[0]


@torch.no_grad()
def find_path(scenes: FilmedScenes, camera: Camera, steps: Tensor) -> Tensor:
    """Return the numbers (N, P) of the paths that N clips were filmed along, from a guess, moment after moment.

    Args:
        scenes: the clips.
        camera: that filmed them.
        steps: (N, T' + 1, 3), the guess.
    """
    moments, count = scenes.moments, min(2, len(scenes.moments))
    near, basis = scenes.until(count), knot_basis(moments[:count], steps.device)
    costs, found = [], []
    for faster in FASTER:
        guess = steps.clone()
        guess[..., 0] *= faster
        found.append(fit_path(near, camera, basis, knots_of(guess, moments[:count]), factors=(4,), rounds=(6,)))
        costs.append(_Level(near.reduced(2), camera, basis).cost(found[-1]))
    best = torch.stack(costs).argmin(0)
    numbers = torch.stack(found)[best, torch.arange(len(best), device=best.device)]
    for known in range(count, len(moments) + 1):
        numbers = numbers if known == count else _gone_on(numbers)
        basis = knot_basis(moments[:known], steps.device)
        factors, rounds = ((4, 2), (2, 2)) if known == len(moments) else ((4,), (2,))
        numbers = fit_path(scenes.until(known), camera, basis, numbers, factors=factors, rounds=rounds)
    return numbers


def _gone_on(numbers: Tensor) -> Tensor:
    """Return the numbers of paths (N, 3 M + 1) that go on to one more moment as they were."""
    count = numbers.shape[1] // 3
    return torch.cat(
        [numbers[:, [*range(i * count, (i + 1) * count), (i + 1) * count - 1]] for i in range(3)] + [numbers[:, -1:]], 1
    )


@torch.no_grad()
def fit_path(
    scenes: FilmedScenes,
    camera: Camera,
    basis: PathBasis,
    numbers: Tensor,
    *,
    factors: Sequence[int] = FACTORS,
    rounds: Sequence[int] = ROUNDS,
) -> Tensor:
    """Return the numbers (N, P) of the paths that N clips were filmed along.

    Args:
        scenes: the clips.
        camera: that filmed them.
        basis: how numbers say a path.
        numbers: (N, P) to begin with.
        factors: by which the pictures of the levels are smaller.
        rounds: steps of each level.
    """
    for factor, steps in zip(factors, rounds, strict=True):
        level = _Level(scenes.reduced(factor), camera, basis)
        damping = torch.full((len(numbers),), DAMPING, device=numbers.device)
        cost = level.cost(numbers)
        for _ in range(steps):
            tried = numbers + level.step(numbers, damping)
            new = level.cost(tried)
            better = new < cost
            numbers = torch.where(better[:, None], tried, numbers)
            cost = torch.where(better, new, cost)
            damping = torch.where(better, damping * LESS, damping * MORE)
    return numbers


class _Level:
    """What is fitted at one size of the pictures."""

    def __init__(self, scenes: FilmedScenes, camera: Camera, basis: PathBasis) -> None:
        self._scenes, self._camera, self._basis = scenes, camera, basis
        self._first, self._later = scenes.frames[:, :1], scenes.frames[:, 1:]
        self._slopes = torch.cat([_slope(self._later, 4), _slope(self._later, 3)], 2)

    def cost(self, numbers: Tensor) -> Tensor:
        """Return (N,): how unlikely the numbers are, by the pictures and by themselves."""
        residual, weight = self._residual(self._places(numbers))
        square = residual.square().mean(2, keepdim=True) / OUTLIER**2
        unlikely = (numbers @ self._basis.prior * numbers).sum(1)
        return _mean(square / (1 + square), weight) + unlikely

    def step(self, numbers: Tensor, damping: Tensor) -> Tensor:
        """Return the step (N, P) that would solve it if all were linear, damped."""
        here = self._places(numbers)
        residual, weight = self._residual(here)
        square = residual.square().mean(2, keepdim=True) / OUTLIER**2
        total = 3 * OUTLIER**2 * _sum(weight).clamp(min=1)
        weight = (weight / (1 + square).square() / total.view(-1, 1, 1, 1, 1)).expand_as(residual).flatten(1)
        slopes = bilinear(self._slopes, here).unflatten(2, (2, 3))
        columns = []
        for number in torch.eye(numbers.shape[1], device=numbers.device):
            moved = (self._places(numbers + NUDGE * number) - here) / NUDGE
            columns.append((slopes * moved[:, :, :, None]).sum(2).flatten(1))
        jacobian = torch.stack(columns, 1)
        weighted = jacobian * weight[:, None]
        curvature = weighted @ jacobian.transpose(1, 2) + self._basis.prior
        slope = weighted @ residual.flatten(1)[:, :, None] + (numbers @ self._basis.prior)[:, :, None]
        diagonal = curvature.diagonal(dim1=1, dim2=2)
        return -torch.linalg.solve(curvature + torch.diag_embed(damping[:, None] * diagonal), slope)[:, :, 0]

    def _places(self, numbers: Tensor) -> Tensor:
        return self._scenes.places(self._basis.steps(numbers), self._camera)

    def _residual(self, places: Tensor) -> tuple[Tensor, Tensor]:
        """Return differences (N, M, 3, h, w), and whether they count, (N, M, 1, h, w) of 0 and 1."""
        x, y = places.unbind(2)
        height, width = places.shape[3:]
        inside = (x > 0) & (x < width - 1) & (y > 0) & (y < height - 1)
        weight = (inside & self._scenes.still[:, None]).float()[:, :, None]
        return bilinear(self._later, places) - self._first, weight


def _slope(pictures: Tensor, side: int) -> Tensor:
    """Return how pictures (N, M, 3, h, w) change along a side."""
    ahead, back = (torch.roll(pictures, shift, side) for shift in (-1, 1))
    return (ahead - back) / 2


def _sum(field: Tensor) -> Tensor:
    return field.flatten(1).sum(1)


def _mean(field: Tensor, weight: Tensor) -> Tensor:
    return _sum(field * weight) / _sum(weight).clamp(min=1)
