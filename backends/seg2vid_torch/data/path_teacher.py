"""Flow of which the camera's path is known: it drives through labelled stills, their label maps alone.

What real flow has, and this has not, is added, so that what is learned of it carries to that: noise, regions without
flow, things that move by themselves, depth that labels do not tell, and a camera that was not level.

Shape symbols: N = batch, H, W = height and width.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from seg2vid_interface.label_spaces import LabelSpace
from seg2vid_interface.model_card import Camera
from seg2vid_torch.data.batches import flip_some, normal, numpy_generator
from seg2vid_torch.data.frame_store import FrameStore
from seg2vid_torch.data.shares import WHOLE, SampleDraws, Share
from seg2vid_torch.geometry.camera_motion import pixel_grid
from seg2vid_torch.geometry.driving import CameraMoves, drive, moves_of
from seg2vid_torch.geometry.label_depth import StreetClasses
from seg2vid_torch.geometry.path_numbers import NOD, NUMBERS, TILT, path_basis, tilted_depth
from seg2vid_torch.geometry.street_scene import StreetScene, first_depth

LASTING = 0.9  # share of the variance of speed and turn that is the same at the beginning and at the end
SHAKEN = 0.5  # deviations of the nod, by which the camera leaves its smooth path
WRONG_DEPTH = 0.25  # one deviation of the logarithm of what labels do not tell
PATCHES = (4, 8)  # of wrong depth, down and across
BLIND_PATCHES, BLIND = (8, 16), 0.25  # regions without flow, and how many of them at most
NOISE = 0.3  # pixels of 256: the most of one deviation
AT_ONCE = 64  # stills
OUTLIERS = 0.02  # share of pixels whose flow is wrong
FADED = 0.5  # share of the drives in which the flow of bare road is lost, as real flow's is: it stands still there
LOST = 3.0  # how sharply what is lost is told from what is not


@dataclass(frozen=True)
class TaughtPaths:
    """What the encoder sees, and what it is to say."""

    inverse_depth: Tensor
    """(N, H, W) in pixels, as told by labels."""
    still: Tensor
    """(N, H, W) bool: what has a flow that only the camera causes."""
    flows: Tensor
    """(N, 2, 2, H, W) in pixels: from the first frame to the middle and to the end of a chunk."""
    numbers: Tensor
    """(N, NUMBERS): of the path, see `geometry.path_numbers`."""


class PathTeacher:
    """Draws stills and drives a camera through them."""

    def __init__(self, stills: FrameStore, label_space: LabelSpace, camera: Camera, frames: int, seed: int) -> None:
        """Take labelled stills; `frames` = those of a chunk."""
        self._stills, self._camera, self._frames, self._seed = stills, camera, frames, seed
        self._classes = StreetClasses.of(label_space)
        self._told = torch.cat([self._depth_of(labels) for labels in stills.labels[:, ::2, ::2].split(AT_ONCE)])

    @torch.no_grad()
    def _depth_of(self, labels: Tensor) -> Tensor:
        """Return the inverse depth that label maps (N, h, w) tell to a level camera, in half precision."""
        level, none = torch.zeros(len(labels)), torch.zeros(len(labels), 1, 4)
        parts = labels.long(), torch.zeros_like(labels).long(), none, level
        return first_depth(*parts, classes=self._classes, camera=self._camera).half()

    @torch.no_grad()
    def draw(
        self, step: int, count: int, device: torch.device, share: Share = WHOLE, *, disturbed: bool = True
    ) -> TaughtPaths:
        """Draw `count` paths, each through a still as likely as any other, at half its size; return a share's."""
        draws = SampleDraws(numpy_generator(self._seed, step, "taught paths"), count, share)
        chosen = draws.integers(len(self._stills))
        flipped = draws.even() < 0.5
        labels, told = self._stills.labels[chosen][:, ::2, ::2].to(device), self._told[chosen].to(device).float()
        labels, told = flip_some([labels, told], flipped)
        numbers = draws.of(drawn_numbers)
        masks = self._classes.masks_of(labels)
        steps = path_basis(self._frames, device).steps(numbers.to(device))
        if disturbed:
            steps = _shaken(steps, draws)
        true = tilted_depth(told, steps[:, 0, 2], self._camera)
        if disturbed:
            wrong = _smooth(draws.normal(1, *PATCHES), told).mul(WRONG_DEPTH).exp()
            true = torch.where(masks.ground, true, true * wrong)
        still = torch.zeros_like(told)
        scene = StreetScene(true, still, still, still, masks.foreground, masks.bonnet)
        moves = moves_at(moves_of(steps, self._camera), [self._frames // 2 - 1, self._frames - 1])
        places, _ = drive(scene, moves, self._camera)
        flows = places - pixel_grid(told.shape[1], told.shape[2], device)
        seen = _inside(places[:, 1]) & ~masks.foreground & ~masks.bonnet
        if disturbed:
            flows, seen = _disturbed(_faded(flows, masks.ground, draws), seen, draws)
        return TaughtPaths(told, seen, flows, numbers.to(device))


def moves_at(moves: CameraMoves, moments: Sequence[int]) -> CameraMoves:
    """Return the moves at some of their moments."""
    some = {
        field.name: getattr(moves, field.name)[:, list(moments)] for field in fields(moves) if field.name != "key_tilt"
    }
    return replace(moves, **some)


def drawn_numbers(generator: np.random.Generator, count: int) -> Tensor:
    """Draw numbers of paths (N, NUMBERS), each standard normal; beginning and end are alike."""
    numbers = normal(generator, count, NUMBERS)
    for lasting in (0, 2):
        own = numbers[:, lasting : lasting + 2]
        same = normal(generator, count, 1)
        numbers[:, lasting : lasting + 2] = LASTING**0.5 * same + (1 - LASTING) ** 0.5 * own
    return numbers


def _shaken(steps: Tensor, draws: SampleDraws) -> Tensor:
    """Return steps of a camera that is not level, and nods beside its smooth path, save at the end."""
    shaken = steps.clone()
    shaken[:, :, 2] += TILT * draws.normal(1).to(steps.device)
    shaken[:, 1:-1, 2] += SHAKEN * NOD * draws.normal(steps.shape[1] - 2).to(steps.device)
    return shaken


def _smooth(numbers: Tensor, like: Tensor) -> Tensor:
    """Return numbers (N, 1, h, w) drawn large, (N, H, W)."""
    large = functional.interpolate(numbers, size=like.shape[1:], mode="bicubic", align_corners=False)
    return large[:, 0].to(like.device)


def _inside(places: Tensor) -> Tensor:
    x, y = places.unbind(1)
    return (x > 0) & (x < places.shape[3] - 1) & (y > 0) & (y < places.shape[2] - 1)


def _faded(flows: Tensor, ground: Tensor, draws: SampleDraws) -> Tensor:
    """Return flows (N, 2, 2, h, w) as they are told where the road is bare: nothing says that it moves.

    Going there and back ends where it began, so such flow is not known for what it is.
    """
    faded = draws.even(1, 1) < FADED
    bareness = draws.uniform(-1, 1.5, 1, 1).float()
    patches = _smooth(draws.normal(1, *PATCHES), ground) + bareness.to(ground.device)
    kept = 1 - torch.sigmoid(LOST * patches) * ground * faded.to(ground.device)
    return flows * kept[:, None, None]


def _disturbed(flows: Tensor, seen: Tensor, draws: SampleDraws) -> tuple[Tensor, Tensor]:
    device = flows.device
    pixel = flows.shape[4] / 256
    noise = draws.uniform(0, NOISE * pixel, 1, 1, 1, 1).float().to(device)
    wild = (draws.even(*seen.shape[1:]) < OUTLIERS).to(device)[:, None, None]
    strength = torch.where(wild, 20 * noise, noise)
    flows = flows + strength * draws.normal(*flows.shape[1:]).to(device)
    share = draws.uniform(0, BLIND, 1, 1, 1)
    blind = draws.even(1, *BLIND_PATCHES) < share
    blind = functional.interpolate(blind.float(), size=seen.shape[1:], mode="nearest")[:, 0].to(device) > 0
    return flows, seen & ~blind
