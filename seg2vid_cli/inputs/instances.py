"""Reads instance ids, and finds those that belong to a set of label maps."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seg2vid_cli.inputs.label_maps.pixels import SCALED_GREY, change_of_values
from seg2vid_cli.inputs.pictures.matching import cityscapes_stem, match_pictures
from seg2vid_cli.inputs.pictures.reading import PictureSource, decode_picture
from seg2vid_interface.errors import ImageError

LARGEST_ID = 65_535
_MODES = ("L", "P", "I;16", "I")  # 8-bit, palette, and 16-bit in a PNG or a PGM


def read_instances(path: PictureSource, size: tuple[int, int]) -> NDArray[np.uint16]:
    """Return the ids (H, W) of a picture that has the `size` = height, width of its label map.

    Raises:
        ImageError: what `pictures.open_picture` refuses, pixels that are no ids or not as they are stored, or another
            size.
    """
    picture = decode_picture(path, ImageError)
    image = picture.image
    problem = change_of_values(picture)
    if image.format == "JPEG":
        problem = "a JPEG, which loses exact ids"
    elif image.mode not in _MODES:
        problem = f"{image.mode} pixels, not 8- or 16-bit ids"
    ids = np.asarray(image)
    if not problem and (ids.min() < 0 or ids.max() > LARGEST_ID):
        problem = f"holds {ids.min()} to {ids.max()}; ids are 0 to {LARGEST_ID}"
    if problem:
        raise ImageError(f"{path}: {problem}", "Save the instance ids as a 16-bit grey PNG.")
    if (image.height, image.width) != size:
        raise ImageError(
            f"{path}: {image.height}x{image.width} (height x width), but its label map is {size[0]}x{size[1]}",
            "Instance ids belong to the pixels of their label map.",
        )
    return ids.astype(np.uint16) // np.uint16(SCALED_GREY.get(picture.stored, 1))


def match_instances(folder: Path, label_maps: Sequence[Path]) -> list[Path]:
    """Return the picture in `folder` for each label map: the one of equal stem.

    For Cityscapes' `x_gtFine_labelIds.png` it is `x_gtFine_instanceIds.png`.

    Raises:
        ImageError: `folder` is no folder, or label maps have no picture or several.
    """
    return match_pictures(folder, label_maps, "picture of instances", _stems)


def _stems(label_map: Path) -> list[str]:
    return [cityscapes_stem(label_map, r"_\1_instanceIds") or label_map.stem]
