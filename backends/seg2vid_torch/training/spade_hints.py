"""What a SPADE generator is told of the pictures of a batch before it paints them.

Shape symbols: N = pictures, P = those that are painted in their own style, Q = those that are driven on to, Z = style
size, R, S = chunks, H, W = height and width.
"""

from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import torch
from torch import Tensor

from seg2vid_interface.model_card import TEXTURE_CHANNELS, Camera
from seg2vid_torch.data.batches import numpy_generator, torch_generator
from seg2vid_torch.data.hints import NUMBERS, HintMaker
from seg2vid_torch.data.rolled_hints import NUMBERS as PATH_NUMBERS
from seg2vid_torch.data.rolled_hints import HintRoller, Paint
from seg2vid_torch.data.shares import WHOLE, Share
from seg2vid_torch.geometry.key_frames import KeyFrame
from seg2vid_torch.settings.image import SpadeSettings
from seg2vid_torch.training.stage import TrainingContext

TEXTURES_DIM = 1
"""Along which the pictures lie in textures of several chunks."""


@dataclass(frozen=True)
class Known:
    """What is known of N pictures."""

    labels: Tensor
    """(N, H, W) long, class indices."""
    texture: Tensor
    """(N, 4, H, W)."""
    hint: Tensor
    """(N, 3, H, W) in 0..1."""
    trust: Tensor
    """(N, 1, H, W) in 0..1."""

    def __getitem__(self, pictures: slice) -> "Known":
        """Return what is known of some of them."""
        return Known(*(getattr(self, field.name)[pictures] for field in fields(self)))

    @classmethod
    def of(cls, key: KeyFrame) -> "Known":
        """Return what is known of key frames."""
        return cls(key.label_map, key.texture, key.frame, key.trust)

    @classmethod
    def joined(cls, parts: list["Known"]) -> "Known":
        """Return what is known of all pictures of the parts."""
        return cls(*(torch.cat([getattr(part, field.name) for part in parts]) for field in fields(cls)))


@dataclass(frozen=True)
class HintDraws:
    """All that is random in the hints of a batch."""

    hints: Tensor
    """(P, NUMBERS), even in 0..1 (see `HintMaker`)."""
    rolls: Tensor
    """(P,) bool: which hints are rolled out."""
    paths: Tensor
    """(P, PATH_NUMBERS), standard normal (see `HintRoller`)."""
    textures: Tensor
    """(R + 1, P, 4, H, W), standard normal; (0, ...) if no hint is rolled out."""
    driven_paths: Tensor
    """(Q, PATH_NUMBERS) likewise."""
    driven_textures: Tensor
    """(S, Q, 4, H, W) likewise, of what comes after the first frame."""


Draws = TypeVar("Draws", bound=HintDraws)


def micro_batches_of(draws: Draws, share: Share) -> list[Draws]:
    """Return the micro-batches of what was drawn for a share."""
    if share.accumulated == 1:
        return [draws]
    split = {
        name: share.micro_batches(values, TEXTURES_DIM if name.endswith("textures") else 0)
        for name, values in vars(draws).items()
    }
    return [
        replace(draws, **{name: values[part] for name, values in split.items()}) for part in range(share.accumulated)
    ]


class SpadeHints:
    """Gives hints to some of a batch's pictures: such as a warp would leave, made or rolled out."""

    def __init__(self, settings: SpadeSettings, context: TrainingContext) -> None:
        self._settings, self._seed, self._device = settings, context.seed, context.device
        self._made = HintMaker(context.label_space, context.device)
        rolls = settings.rolled or settings.driven
        self._roller = HintRoller(context.label_space, Camera()) if rolls else None

    def driven(self, drawn: int) -> int:
        """Return how many of so many pictures in drawn styles are driven on to; they are the last ones."""
        return round(self._settings.driven * drawn)

    def draw(self, step: int, own: int, drawn: int, share: Share = WHOLE) -> HintDraws:
        """Draw, on the device, for a step's pictures in their own and in drawn styles; return what a share needs."""
        settings, device, driven = self._settings, self._device, self.driven(drawn)
        numbers = numpy_generator(self._seed, step, "chunks")
        rolled_chunks = int(numbers.integers(1, settings.rolled_chunks + 1)) + 1 if settings.rolled else 0
        driven_chunks = int(numbers.integers(1, settings.driven_chunks + 1))
        generator = torch_generator(device, self._seed, step, "hints")
        noise: dict[str, Any] = {"generator": generator, "device": device}
        texture = TEXTURE_CHANNELS, settings.height, settings.width
        return HintDraws(
            hints=share.of(torch.rand(own, NUMBERS, **noise)),
            rolls=share.of(torch.rand(own, **noise) < settings.rolled),
            paths=share.of(torch.randn(own, PATH_NUMBERS, **noise)),
            textures=share.of(torch.randn(rolled_chunks, own, *texture, **noise), TEXTURES_DIM),
            driven_paths=share.of(torch.randn(driven, PATH_NUMBERS, **noise)),
            driven_textures=share.of(torch.randn(driven_chunks, driven, *texture, **noise), TEXTURES_DIM),
        )

    def own(self, frames: Tensor, labels: Tensor, texture: Tensor, draws: HintDraws, paint: Paint) -> Known:
        """Return what is known of pictures (P, 3, H, W) in 0..1 whose truth they are; most have a hint.

        Args:
            frames: the pictures.
            labels: (P, H, W) long, class indices.
            texture: (P, 4, H, W) of those without a rolled hint.
            draws: for the hints.
            paint: paints the key frames on the way to a rolled hint.
        """
        hint, trust = self._made(frames, labels, draws.hints, self._settings.hinted)
        made = Known(labels, texture, hint, trust)
        if not len(draws.textures) or self._roller is None:
            return made
        rolled = Known.of(self._roller.up_to(frames, labels, draws.paths, draws.textures, paint))
        chosen = draws.rolls & (draws.hints[:, -1] < self._settings.hinted)
        return Known(
            *(
                torch.where(chosen.view(-1, *[1] * (one.ndim - 1)), one, other)
                for one, other in zip(vars(rolled).values(), vars(made).values(), strict=True)
            )
        )

    def drawn(self, labels: Tensor, texture: Tensor, draws: HintDraws, paint: Paint) -> Known:
        """Return what is known of pictures in drawn styles: nothing, but for the last, which are driven on to.

        Args:
            labels: (N - P, H, W) long, class indices; of those that are driven on to, where the drive begins.
            texture: (N - P, 4, H, W).
            draws: for the drives.
            paint: paints the key frames on the way, those of the driven alone.
        """
        first = len(labels) - len(draws.driven_paths)
        nothing = texture.new_zeros(len(labels), 4, *labels.shape[1:])
        known = Known(labels, texture, nothing[:, :3], nothing[:, 3:])
        if not len(draws.driven_paths) or self._roller is None:
            return known
        noise = torch.cat([texture[None, first:], draws.driven_textures])
        key = self._roller.on_from(labels[first:], draws.driven_paths, noise, paint)
        return Known.joined([known[:first], Known.of(key)])
