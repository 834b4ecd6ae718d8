"""Reads first frames, and finds those that belong to a set of label maps."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from seg2vid_cli.aspect_ratios import distortion_message
from seg2vid_cli.pictures import open_picture, without_alpha
from seg2vid_interface.errors import ImageError

_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
_LISTED = 3


def read_first_frame(path: Path, height: int, width: int) -> tuple[NDArray[np.uint8], str | None]:
    """Return the picture as RGB, uint8 (height, width, 3), resized with LANCZOS.

    The second result is a message for the user if the aspect ratio changes by more than 10%, else None.

    Raises:
        ImageError: what `pictures.open_picture` refuses, transparent pixels, or pixels that are neither colours nor
            8-bit grey.
    """
    image = without_alpha(open_picture(path, ImageError), path, ImageError)
    if image.mode not in ("L", "P", "RGB"):
        raise ImageError(f"{path}: {image.mode} pixels, not RGB or 8-bit grey", "Save the picture as an RGB PNG.")
    upright = ImageOps.exif_transpose(image).convert("RGB")
    message = distortion_message("first frame", (upright.height, upright.width), (height, width))
    return np.array(upright.resize((width, height), Image.Resampling.LANCZOS)), message


def match_first_frames(folder: Path, label_maps: Sequence[Path]) -> list[Path]:
    """Return the picture in `folder` for each label map: the one of equal stem.

    Cityscapes' `x_gtFine_labelIds.png` matches `x_leftImg8bit.png` as well.

    Raises:
        ImageError: `folder` is no folder, or label maps have no picture or several.
    """
    pictures = _pictures_by_stem(folder)
    matches = [_matches(label_map, pictures) for label_map in label_maps]
    missing = [label_map.stem for label_map, found in zip(label_maps, matches, strict=True) if not found]
    if missing:
        raise ImageError(
            f"{folder}: no first frame for {_listing(missing)}",
            f"Name each picture like its label map, ending in {', '.join(_SUFFIXES)}.",
        )
    ambiguous = [" and ".join(path.name for path in found) for found in matches if len(found) > 1]
    if ambiguous:
        raise ImageError(
            f"{folder}: several first frames for one label map: {_listing(ambiguous)}", "Leave one picture of each."
        )
    return [found[0] for found in matches]


def _pictures_by_stem(folder: Path) -> dict[str, list[Path]]:
    try:
        files = sorted(folder.iterdir())
    except OSError as error:
        raise ImageError(f"{folder}: not a folder that can be read: {error.strerror}") from None
    pictures: dict[str, list[Path]] = {}
    for path in files:
        if path.suffix.lower() in _SUFFIXES and path.is_file():
            pictures.setdefault(path.stem, []).append(path)
    return pictures


def _matches(label_map: Path, pictures: dict[str, list[Path]]) -> list[Path]:
    cityscapes_stem, found = re.subn(r"_gt(Fine|Coarse)_[A-Za-z]+$", "_leftImg8bit", label_map.stem)
    return pictures.get(label_map.stem, []) + (pictures.get(cityscapes_stem, []) if found else [])


def _listing(names: Sequence[str]) -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more
