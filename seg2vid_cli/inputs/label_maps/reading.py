"""Reads label maps in every format that `--label-format` names, and fits them to a model's size."""

from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from seg2vid_cli.inputs.label_maps.choosing import choose
from seg2vid_cli.inputs.label_maps.formats import Spaces
from seg2vid_cli.inputs.label_maps.pixels import Pixels, read_pixels
from seg2vid_cli.inputs.pictures.aspect_ratios import distortion_message
from seg2vid_cli.inputs.pictures.reading import PictureSource
from seg2vid_interface.label_spaces import LabelSpace

_Id = TypeVar("_Id", bound=np.integer[Any])


@dataclass(frozen=True)
class LabelMap:
    """A label map as a model takes it, at the size of its file."""

    indices: NDArray[np.uint8]
    """(H, W), class indices 0..K-1 of the model's label space."""
    encoding: str
    """What the file held, e.g. "Cityscapes label ids"."""
    image_indices: NDArray[np.uint8]
    """(H, W), class indices of the image stage's label space, the model's if it has none of its own."""
    instances: NDArray[np.uint16] | None
    """(H, W), if the file holds the ids of instances."""
    label_format: str
    """What `--label-format` takes for exactly this, e.g. "label-ids:ids"."""
    doubt: str | None = None
    """What else the file may be, where that is not sure."""
    without_class: tuple[str, ...] = ()
    """Classes of the format that the model lacks, which became its "other"."""

    @property
    def description(self) -> str:
        """What the file was read as and how sure that is, for the user."""
        lacking = f"; no class of the model's for {', '.join(self.without_class)}" if self.without_class else ""
        return f"{self.encoding}{f', most likely: {self.doubt}' if self.doubt else ''}{lacking}"


def read_label_map(
    path: PictureSource, label_format: str, label_space: LabelSpace, image_label_space: LabelSpace | None = None
) -> LabelMap:
    """Read a label map for a model of `label_space`, whose image stage may have a finer one.

    `label_format` is "auto", a name (`format_names.label_formats`) with or without :LAYOUT, or the path of a file.

    Raises:
        LabelMapError: the file is no picture, holds values that the format does not explain, or several formats fit.
        UsageError: `label_format` is unknown.
        SettingsError: its file is malformed or does not fit `label_space`.
    """
    return interpret(path, read_pixels(path), label_format, Spaces(label_space, image_label_space))


def interpret(source: PictureSource, pixels: Pixels, label_format: str, spaces: Spaces) -> LabelMap:
    """Return what the pixels of `source` show; raises as `read_label_map`."""
    choice = choose(source, pixels, label_format, spaces)
    reading = choice.reading
    indices = pixels.spread(reading.classes)
    return LabelMap(
        indices,
        reading.title,
        indices if spaces.image is None else pixels.spread(reading.image_classes),
        None if reading.instances is None else pixels.spread(reading.instances),
        f"{reading.format.name}:{reading.layout}",
        choice.doubt,
        reading.format.without_class,
    )


def fit_label_map(label_map: NDArray[np.uint8], height: int, width: int) -> tuple[NDArray[np.uint8], str | None]:
    """Resize a label map, uint8 (H, W), to (height, width) by the nearest pixel centre.

    The second result is a message for the user if the aspect ratio changes by more than 10%, else None.
    """
    old_height, old_width = label_map.shape
    message = distortion_message("label map", (old_height, old_width), (height, width))
    return resize_nearest(label_map, height, width), message


def resize_nearest(ids: NDArray[_Id], height: int, width: int) -> NDArray[_Id]:
    """Resize ids (H, W) to (height, width) by the nearest pixel centre."""
    old_height, old_width = ids.shape
    rows = ((np.arange(height) + 0.5) * old_height / height).astype(np.intp)
    columns = ((np.arange(width) + 0.5) * old_width / width).astype(np.intp)
    resized: NDArray[_Id] = ids[rows[:, None], columns]
    return resized
