"""Reads first frames, and finds those that belong to a set of label maps."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from seg2vid_cli.inputs.pictures.aspect_ratios import distortion_message
from seg2vid_cli.inputs.pictures.matching import cityscapes_stem, match_pictures
from seg2vid_cli.inputs.pictures.reading import PictureSource, open_picture, without_alpha
from seg2vid_interface.errors import ImageError


def read_first_frame(
    path: PictureSource, height: int, width: int, *, grey: bool = False, what: str = "first frame"
) -> tuple[NDArray[np.uint8], str | None]:
    """Return the picture as RGB, uint8 (height, width, 3), resized with LANCZOS; for a grey model without its colours.

    The second result is a message for the user if the aspect ratio changes by more than 10%, else None; `what` is what
    it calls the picture.

    Raises:
        ImageError: what `pictures.open_picture` refuses, transparent pixels, or pixels that are neither colours nor
            8-bit grey.
    """
    image = without_alpha(open_picture(path, ImageError), path, ImageError)
    if image.mode not in ("L", "P", "RGB"):
        raise ImageError(f"{path}: {image.mode} pixels, not RGB or 8-bit grey", "Save the picture as an RGB PNG.")
    upright = ImageOps.exif_transpose(image).convert("RGB")
    if grey:
        upright = upright.convert("L").convert("RGB")  # or the clip would lose its colours after the first frame
    message = distortion_message(what, (upright.height, upright.width), (height, width))
    return np.array(upright.resize((width, height), Image.Resampling.LANCZOS)), message


def match_first_frames(folder: Path, label_maps: Sequence[Path]) -> list[Path]:
    """Return the picture in `folder` for each label map: the one of equal stem.

    Cityscapes' `x_gtFine_labelIds.png` matches `x_leftImg8bit.png` as well.

    Raises:
        ImageError: `folder` is no folder, or label maps have no picture or several.
    """
    return match_pictures(folder, label_maps, "first frame", _stems)


def _stems(label_map: Path) -> list[str]:
    photograph = cityscapes_stem(label_map, "_leftImg8bit")
    return [label_map.stem, *([photograph] if photograph else [])]
