"""Pictures that a program hands over where the command line names a file."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from seg2vid_cli.inputs.pictures.reading import GivenPicture
from seg2vid_interface.errors import ImageError

_LARGEST_ID = np.iinfo(np.uint16).max


def given_picture(name: str, picture: Image.Image | NDArray[Any]) -> GivenPicture:
    """Return a picture under the name that messages call it.

    Args:
        name: e.g. "label_map".
        picture: as an array, integers (H, W) from 0 to 65535, or uint8 (H, W, 3) in RGB.

    Raises:
        ImageError: an array of another shape, type or range.
    """
    if isinstance(picture, Image.Image):
        return GivenPicture(name, picture)
    array = np.asarray(picture)
    if array.ndim == 3 and array.shape[-1] == 3 and array.dtype == np.uint8:
        return GivenPicture(name, Image.fromarray(np.ascontiguousarray(array)))
    if array.ndim != 2 or array.dtype.kind not in "ui" or not array.size:
        raise ImageError(
            f"{name}: an array {array.dtype} {array.shape}", "Give integers (H, W), or uint8 (H, W, 3) in RGB."
        )
    if array.min() < 0 or array.max() > _LARGEST_ID:
        raise ImageError(f"{name}: holds {array.min()} to {array.max()}", f"Give ids from 0 to {_LARGEST_ID}.")
    narrow = array.astype(np.uint8 if array.max() <= np.iinfo(np.uint8).max else np.uint16)
    return GivenPicture(name, Image.fromarray(narrow))
