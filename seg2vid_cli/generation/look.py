"""The look of a first frame: its style, light and colours, and its texture, the grain."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from seg2vid_interface.backend import ReadsStyles, Session
from seg2vid_interface.errors import UsageError
from seg2vid_interface.latents import image_style, image_texture
from seg2vid_interface.model_card import ModelCard


@dataclass(frozen=True)
class Look:
    """Where a clip's look comes from: from its own seed and sample, or from what `--style` says, for all samples."""

    seed: int | None = None
    """Of styles and textures; None = the clip's."""
    style: NDArray[np.float32] | None = None
    """(style_size,), read from a picture; None = drawn."""
    picture: str | None = None
    """Name of that picture."""

    @property
    def is_given(self) -> bool:
        """Whether all samples look the same."""
        return self.seed is not None or self.style is not None

    def name(self, seed: int) -> int | str:
        """Return the picture's name, or the seed that the look of a clip of this seed is drawn by."""
        return self.picture or (seed if self.seed is None else self.seed)

    def draw(
        self, seed: int, sample: int, card: ModelCard, size: tuple[int, int]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        """Return style (style_size,) and texture (4, S H, S W), if the model takes one, for a clip of `size` = H, W."""
        seed = seed if self.seed is None else self.seed
        sample = 1 if self.is_given else sample
        style = image_style(seed, sample, card.style_size) if self.style is None else self.style
        return style, image_texture(seed, sample, card.texture_shape(*size)) if card.texture else None


OWN_LOOK: Final = Look()
"""Every sample has a look of its own."""


def look_of(picture: NDArray[np.uint8], name: str, session: Session, backend: str) -> Look:
    """Return the look of a picture (H, W, 3), as `read_style_picture` gives it, which is to be called by this name.

    Raises:
        UsageError: the backend cannot read one.
    """
    if not isinstance(session, ReadsStyles):
        raise UsageError(
            f"--style {name}: the backend {backend} cannot read the style of a picture",
            "Use another --backend, or a number: --style N.",
        )
    return Look(style=session.style_of(picture), picture=name)
