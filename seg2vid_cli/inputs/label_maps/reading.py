"""Reads label maps in every encoding that `--label-format` names, and fits them to a model's size."""

from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from seg2vid_cli.inputs.label_maps.encodings import Encoding, Encodings, PixelValues, encodings_for
from seg2vid_cli.inputs.label_maps.faults import unexplained
from seg2vid_cli.inputs.label_maps.palettes import numberings_of_palette
from seg2vid_cli.inputs.label_maps.pictures import LabelPicture, open_label_picture
from seg2vid_cli.inputs.pictures.aspect_ratios import distortion_message
from seg2vid_cli.inputs.pictures.reading import PictureSource
from seg2vid_interface.errors import LabelMapError
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


def read_label_map(
    path: PictureSource, label_format: str, label_space: LabelSpace, image_label_space: LabelSpace | None = None
) -> LabelMap:
    """Read a label map for a model of `label_space`, whose image stage may have a finer one.

    `label_format` is one of LABEL_FORMATS or the path of a label space's TOML file.

    Raises:
        LabelMapError: the file is no picture, or holds values that the format does not explain.
        UsageError: `label_format` is unknown.
        SettingsError: the TOML file is malformed or does not fit `label_space`.
    """
    encodings = encodings_for(label_format, label_space)
    picture = open_label_picture(path)
    readings = _readings(picture, encodings, indices_may_be_ids=label_format != "auto")
    if not readings:
        raise _wrong_kind(path, picture, label_format)
    for values, candidates in readings:
        for encoding in candidates:
            if not encoding.unknown(values.distinct).size:
                return _label_map(values, encoding, label_space, image_label_space)
    values, candidates = readings[0]
    raise unexplained(path, values, candidates, label_format)


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


def _label_map(
    values: PixelValues, encoding: Encoding, label_space: LabelSpace, image_label_space: LabelSpace | None
) -> LabelMap:
    indices = encoding.decode(values)
    finer = encoding.in_finer_space(label_space, image_label_space) if image_label_space else None
    return LabelMap(
        indices,
        encoding.title,
        image_indices=finer.decode(values) if finer else indices,
        instances=values.array.astype(np.uint16) if encoding.has_instances else None,
    )


def _readings(
    picture: LabelPicture, encodings: Encodings, *, indices_may_be_ids: bool
) -> list[tuple[PixelValues, tuple[Encoding, ...]]]:
    """Return what to try, in order: the picture's ids or colours, with the encodings that may explain them.

    A palette picture's indices are ids where its palette says so, or where the format reads ids alone.  Else its
    colours count: an index into an arbitrary palette says nothing, unless the user named the numbering.
    """
    ids, colors = picture.ids, picture.colors
    by_ids = [(ids, encodings.ids)] if ids and encodings.ids else []
    by_colors = [(colors, encodings.colors)] if colors and encodings.colors else []
    if ids is None or picture.palette is None or not by_ids or not by_colors:
        return by_ids + by_colors
    numberings = numberings_of_palette(ids, picture.palette, encodings)
    if numberings:
        return [(ids, numberings)]
    return by_colors + by_ids if indices_may_be_ids else by_colors


def _wrong_kind(path: PictureSource, picture: LabelPicture, label_format: str) -> LabelMapError:
    has, wants = ("colours", "ids") if picture.ids is None else ("ids", "colours")
    return LabelMapError(
        f"{path}: a picture of {has}, but --label-format {label_format} reads {wants}",
        "--label-format auto finds out what the picture holds.",
    )
