"""Label maps that are 8-bit pictures of class indices, 255 = unlabelled: read where no other reader is given."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from seg2vid_interface.errors import DatasetError, LabelMapError
from seg2vid_interface.label_spaces import LabelSpace
from seg2vid_torch.data.picture_files import PICTURE_FORMATS, UNREADABLE

UNLABELLED = 255


@dataclass(frozen=True)
class ClassIndices:
    """Reads maps of class indices; see `seg2vid_interface.label_readers.LabelReader`."""

    label_space: LabelSpace
    label_format: str = "train-ids:ids"
    description: str = "class indices"

    def read(self, path: Path, height: int, width: int) -> NDArray[np.uint8]:
        """Return a map's class indices (height, width); see `LabelReader.read`."""
        try:
            with Image.open(path, formats=PICTURE_FORMATS) as image:
                mode, labels = image.mode, np.array(image.resize((width, height), Image.Resampling.NEAREST))
        except UNREADABLE as error:
            raise LabelMapError(f"{path}: not a readable label map: {error}") from None
        if mode not in ("L", "P"):
            raise DatasetError(f"{path}: label maps are 8-bit pictures of class indices, this one is {mode}")
        return self._checked(labels, path)

    def _checked(self, labels: NDArray[np.uint8], path: Path) -> NDArray[np.uint8]:
        space = self.label_space
        if space.other is not None:
            labels[labels == UNLABELLED] = space.other
        if labels.max() >= space.size:
            raise DatasetError(
                f"{path}: class index {labels.max()} is outside the label space {space.name}, 0 to {space.size - 1}"
                + (f" and {UNLABELLED} = unlabelled" if space.other is not None else "")
            )
        return labels


def class_indices_of(maps: Sequence[Path], label_space: LabelSpace) -> ClassIndices:
    """Return the reader of any maps; see `LabelReading`."""
    del maps
    return ClassIndices(label_space)
