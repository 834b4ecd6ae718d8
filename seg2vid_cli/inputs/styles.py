"""`--style`: a number that looks are drawn by, or a picture whose look a first frame is to have."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from seg2vid_cli.inputs.first_frames import read_first_frame
from seg2vid_cli.inputs.pictures.reading import PictureSource
from seg2vid_interface.errors import UsageError

if TYPE_CHECKING:
    from seg2vid_interface.model_card import ModelCard

GivenStyle = int | PictureSource


def check_style(style: GivenStyle | None, first_frame: PictureSource | None, card: "ModelCard") -> None:
    """Raise UsageError if a style is given to no purpose, or is none that the model can have."""
    if style is None:
        return
    if "image" not in card.stages or not card.style_size:
        raise UsageError(f"--style {style}: the model {card.name} knows no styles", "Leave it out.")
    if first_frame is not None:
        raise UsageError(f"--style {style}: is of first frames that are made, and one is given", "Leave one out.")
    if not isinstance(style, int) and not card.reads_styles:
        raise UsageError(
            f"--style {style}: the model {card.name} cannot read the style of a picture", "Give a number: --style N."
        )


def read_style_picture(source: PictureSource, card: "ModelCard") -> NDArray[np.uint8]:
    """Return the picture, (H, W, 3) RGB at the size at which the model reads styles; its aspect ratio does not matter.

    Raises ImageError: what `read_first_frame` refuses.
    """
    picture, _ = read_first_frame(source, *card.image_size(card.height, card.width))
    return picture
