"""How a trainer reads label maps: it knows no formats of pictures, and is handed a reader that does."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from seg2vid_interface.label_spaces import LabelSpace


class LabelReader(Protocol):
    """Reads the label maps of one data set, which are all in one format.

    It can be pickled, for the processes that read pictures.
    """

    @property
    def label_format(self) -> str:
        """What `--label-format` takes for exactly this, e.g. "label-ids:ids"."""
        ...

    @property
    def description(self) -> str:
        """What the maps are read as, for the user, e.g. "Cityscapes label ids"."""
        ...

    def read(self, path: Path, height: int, width: int) -> "NDArray[np.uint8]":
        """Return a map's class indices (height, width), resized by the nearest pixel centre.

        Raises:
            LabelMapError: the file cannot be read.
            DatasetError: it holds what the format does not explain.
        """
        ...


LabelReading = Callable[[Sequence[Path], "LabelSpace"], LabelReader]
"""Looks at some of a data set's maps, given as the paths of all, and returns their reader for a label space.

Raises DatasetError if they are no label maps, or it is not clear what their values mean, and UsageError or
SettingsError for a format that is not known or does not fit the label space.
"""
