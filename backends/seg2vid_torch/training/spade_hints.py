"""What a SPADE generator is told of the pictures of a batch before it paints them.

Shape symbols: N = batch, K = classes, Z = style size, R = chunks, H, W = height and width.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from seg2vid_interface.model_card import TEXTURE_CHANNELS, Camera
from seg2vid_torch.data.batches import numpy_generator, one_hot, torch_generator
from seg2vid_torch.data.hints import NUMBERS, HintMaker
from seg2vid_torch.data.rolled_hints import NUMBERS as PATH_NUMBERS
from seg2vid_torch.data.rolled_hints import HintRoller, Paint
from seg2vid_torch.settings.image import SpadeSettings
from seg2vid_torch.training.stage import TrainingContext


@dataclass(frozen=True)
class Known:
    """What is known of N pictures."""

    classes: Tensor
    """(N, K, H, W), class probabilities."""
    texture: Tensor
    """(N, 4, H, W)."""
    hint: Tensor
    """(N, 3, H, W) in 0..1."""
    trust: Tensor
    """(N, 1, H, W) in 0..1."""


@dataclass(frozen=True)
class HintDraws:
    """All that is random in the hints of N pictures."""

    hints: Tensor
    """(N, NUMBERS), even in 0..1 (see `HintMaker`)."""
    rolls: Tensor
    """(N,) bool: which hints are rolled out."""
    paths: Tensor
    """(N, PATH_NUMBERS), standard normal (see `HintRoller`)."""
    textures: Tensor
    """(R + 1, N, 4, H, W), standard normal; R is 0 if none is rolled out."""


class SpadeHints:
    """Gives hints to pictures whose truth is known: such as a warp would leave, made or rolled out."""

    def __init__(self, settings: SpadeSettings, context: TrainingContext) -> None:
        self._settings, self._seed, self._device = settings, context.seed, context.device
        self._classes = context.label_space.size
        self._made = HintMaker(context.label_space, context.device)
        self._rolled = HintRoller(context.label_space, Camera()) if settings.rolled else None

    def draw(self, step: int, count: int) -> HintDraws:
        """Draw for the `count` pictures of a step, on the device."""
        settings, device = self._settings, self._device
        chunks = int(numpy_generator(self._seed, step, "chunks").integers(1, settings.rolled_chunks + 1))
        generator = torch_generator(device, self._seed, step, "hints")
        size = settings.height, settings.width
        textures = chunks + 1 if settings.rolled else 0
        return HintDraws(
            hints=torch.rand(count, NUMBERS, generator=generator, device=device),
            rolls=torch.rand(count, generator=generator, device=device) < settings.rolled,
            paths=torch.randn(count, PATH_NUMBERS, generator=generator, device=device),
            textures=torch.randn(textures, count, TEXTURE_CHANNELS, *size, generator=generator, device=device),
        )

    def __call__(self, frames: Tensor, labels: Tensor, known: Known, draws: HintDraws, paint: Paint) -> Known:
        """Return what is known of pictures, most of which get a hint.

        Args:
            frames: (N, 3, H, W) in 0..1, the truth.
            labels: (N, H, W) long, class indices.
            known: without hints.
            draws: for them.
            paint: paints the key frames on the way to a rolled one.
        """
        hint, trust = self._made(frames, labels, draws.hints, self._settings.hinted)
        known = replace(known, hint=hint, trust=trust)
        if self._rolled is None:
            return known
        key = self._rolled(frames, labels, draws.paths, draws.textures, paint)
        gets = (draws.hints[:, -1] < self._settings.hinted).view(-1, 1, 1, 1)
        rolled = Known(one_hot(key.label_map, self._classes), key.texture, key.frame * gets, key.trust * gets)
        chosen = draws.rolls.view(-1, 1, 1, 1)
        return Known(
            torch.where(chosen & gets, rolled.classes, known.classes),
            torch.where(chosen & gets, rolled.texture, known.texture),
            torch.where(chosen, rolled.hint, known.hint),
            torch.where(chosen, rolled.trust, known.trust),
        )
