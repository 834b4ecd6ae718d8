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
from seg2vid_torch.geometry.path_numbers import MEAN_SPEED, SPEED, PathBasis, knot_basis, knots_of, tilted_depth
from seg2vid_torch.geometry.sampling import bilinear
from seg2vid_torch.geometry.street_scene import StreetScene

FACTORS, ROUNDS = (4, 2, 1), (5, 3, 2)  # by which the pictures are smaller, level after level, and steps of each
WIDE, OUTLIER = 0.2, 0.1  # of the brightness: what differs by this counts for a quarter, in seeking and after it
FASTER, SPEEDS = (1.0, 0.6, 1.7), (0.0, 0.25, 0.6, 0.95)  # than the guess, and metres a frame: speeds to begin with
CHANGED = (1.0, 0.7, 1.4)  # by which the speed may go on from one moment to the next
SOUGHT, SETTLED, GONE_ON, TOGETHER = (8, 4), (6, 8), (3, 3), (4, 6)  # steps of the levels, see `find_path`
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

    def repeated(self, count: int) -> "FilmedScenes":
        """Return them so many times, one after the other."""
        frames, *fields = (
            torch.cat([field] * count) for field in (self.frames, self.told, self.factor, self.still, self.bonnet)
        )
        return FilmedScenes(frames, self.moments, *fields)

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

    The first two moments are fitted from several speeds, for a wrong one ends where the pictures are alike by chance.
    Each moment after them is fitted alone first, while what comes before it stays; in the end all are fitted together,
    and by what is almost alike alone.

    Args:
        scenes: the clips.
        camera: that filmed them.
        steps: (N, T' + 1, 3), the guess.
    """
    moments, count = scenes.moments, min(2, len(scenes.moments))
    basis = knot_basis(moments[:count], steps.device)
    guesses = []
    for faster in FASTER:
        guess = steps.clone()
        guess[..., 0] *= faster
        guesses.append(knots_of(guess, moments[:count]))
    for speed in SPEEDS:
        guesses.append(_at_speed(guesses[0], speed, count))
    numbers = _best(scenes.until(count), camera, basis, guesses)
    numbers = fit_path(scenes.until(count), camera, basis, numbers, factors=(2, 1), rounds=SETTLED, outlier=WIDE)
    for known in range(count + 1, len(moments) + 1):
        basis = knot_basis(moments[:known], steps.device)
        new = [known - 1, 2 * known - 1, 3 * known - 1]
        gone_on = _gone_on(numbers)
        numbers = _best(scenes.until(known), camera, basis, [_faster(gone_on, new[0], by) for by in CHANGED], new)
        seen = scenes.until(known)
        numbers = fit_path(seen, camera, basis, numbers, factors=(2, 1), rounds=GONE_ON, outlier=WIDE, free=new)
    return fit_path(scenes, camera, basis, numbers, factors=(2, 1), rounds=TOGETHER)


def _best(
    scenes: FilmedScenes, camera: Camera, basis: PathBasis, guesses: Sequence[Tensor], free: Sequence[int] | None = None
) -> Tensor:
    """Return of several guesses (N, P) those that fit best, once they are fitted in small pictures."""
    count = len(guesses)
    all_at_once = scenes.repeated(count)
    found = fit_path(
        all_at_once, camera, basis, torch.cat(list(guesses)), factors=(4, 2), rounds=SOUGHT, outlier=WIDE, free=free
    )
    costs = _Level(all_at_once.reduced(2), camera, basis, WIDE).cost(found).view(count, -1)
    best = costs.argmin(0)
    return found.view(count, -1, found.shape[1])[best, torch.arange(len(best), device=best.device)]


def _at_speed(numbers: Tensor, speed: float, count: int) -> Tensor:
    """Return numbers (N, P) of paths with another speed, in metres a frame."""
    changed = numbers.clone()
    changed[:, :count] = (speed - MEAN_SPEED) / SPEED
    return changed


def _faster(numbers: Tensor, index: int, factor: float) -> Tensor:
    """Return numbers (N, P) of paths of which one speed is another."""
    changed = numbers.clone()
    changed[:, index] = ((MEAN_SPEED + SPEED * changed[:, index]) * factor - MEAN_SPEED) / SPEED
    return changed


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
    outlier: float = OUTLIER,
    free: Sequence[int] | None = None,
) -> Tensor:
    """Return the numbers (N, P) of the paths that N clips were filmed along.

    Args:
        scenes: the clips.
        camera: that filmed them.
        basis: how numbers say a path.
        numbers: (N, P) to begin with.
        factors: by which the pictures of the levels are smaller.
        rounds: steps of each level.
        outlier: difference of brightness that counts for a quarter.
        free: which of the numbers are fitted; None = all.
    """
    chosen = torch.arange(numbers.shape[1], device=numbers.device) if free is None else numbers.new_tensor(free).long()
    for factor, steps in zip(factors, rounds, strict=True):
        level = _Level(scenes.reduced(factor), camera, basis, outlier)
        damping = torch.full((len(numbers),), DAMPING, device=numbers.device)
        cost = level.cost(numbers)
        for _ in range(steps):
            tried = numbers + level.step(numbers, damping, chosen)
            new = level.cost(tried)
            better = new < cost
            numbers = torch.where(better[:, None], tried, numbers)
            cost = torch.where(better, new, cost)
            damping = torch.where(better, damping * LESS, damping * MORE)
    return numbers


class _Level:
    """What is fitted at one size of the pictures."""

    def __init__(self, scenes: FilmedScenes, camera: Camera, basis: PathBasis, outlier: float) -> None:
        self._scenes, self._camera, self._basis, self._outlier = scenes, camera, basis, outlier
        self._first, self._later = scenes.frames[:, :1], scenes.frames[:, 1:]
        self._slopes = torch.cat([_slope(self._later, 4), _slope(self._later, 3)], 2)

    def cost(self, numbers: Tensor) -> Tensor:
        """Return (N,): how unlikely the numbers are, by the pictures and by themselves."""
        residual, weight = self._residual(self._places(numbers))
        square = residual.square().mean(2, keepdim=True) / self._outlier**2
        unlikely = (numbers @ self._basis.prior * numbers).sum(1)
        return _mean(square / (1 + square), weight) + unlikely

    def step(self, numbers: Tensor, damping: Tensor, free: Tensor) -> Tensor:
        """Return the step (N, P) of the free numbers that would solve it if all were linear, damped."""
        here = self._places(numbers)
        residual, weight = self._residual(here)
        square = residual.square().mean(2, keepdim=True) / self._outlier**2
        total = 3 * self._outlier**2 * _sum(weight).clamp(min=1)
        weight = (weight / (1 + square).square() / total.view(-1, 1, 1, 1, 1)).expand_as(residual).flatten(1)
        slopes = bilinear(self._slopes, here).unflatten(2, (2, 3))
        columns = []
        for number in torch.eye(numbers.shape[1], device=numbers.device)[free]:
            moved = (self._places(numbers + NUDGE * number) - here) / NUDGE
            columns.append((slopes * moved[:, :, :, None]).sum(2).flatten(1))
        prior = self._basis.prior
        jacobian = torch.stack(columns, 1)
        weighted = jacobian * weight[:, None]
        curvature = weighted @ jacobian.transpose(1, 2) + prior[free][:, free]
        slope = weighted @ residual.flatten(1)[:, :, None] + (numbers @ prior)[:, free, None]
        diagonal = curvature.diagonal(dim1=1, dim2=2)
        step = -torch.linalg.solve(curvature + torch.diag_embed(damping[:, None] * diagonal), slope)[:, :, 0]
        return torch.zeros_like(numbers).index_copy(1, free, step)

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
