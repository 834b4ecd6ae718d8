"""Reads the label maps of a data set: what some of them say decides for all, which then cost little each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from seg2vid_cli.inputs.label_maps.choosing import choose, is_mask
from seg2vid_cli.inputs.label_maps.faults import unexplained
from seg2vid_cli.inputs.label_maps.formats import LabelFormat, Spaces, formats_named
from seg2vid_cli.inputs.label_maps.pixels import Pixels, read_pixels
from seg2vid_cli.inputs.label_maps.reading import resize_nearest
from seg2vid_cli.inputs.label_maps.readings import try_formats
from seg2vid_cli.inputs.pictures.reading import DecodedPicture, GivenPicture, decode_picture
from seg2vid_interface.errors import DatasetError, LabelMapError
from seg2vid_interface.label_spaces import LabelSpace

_LOOKED_AT = 12
"""Maps of a data set that decide what all of them are."""
_FEW = 0.2
"""Share of maps that may look like another format by chance."""
_EXACT = {"L", "P", "P;1", "P;2", "P;4", "RGB", "RGBA"}
"""Pixels as files store them, of which resizing by the nearest changes nothing; Pillow scales others as it reads."""


@dataclass(frozen=True)
class DataSetLabels:
    """Reads maps that are all of one format; see `seg2vid_interface.label_readers.LabelReader`."""

    label_format: str
    description: str
    _formats: tuple[LabelFormat, ...]

    def read(self, path: Path, height: int, width: int) -> NDArray[np.uint8]:
        """Return a map's class indices (height, width); see `LabelReader.read`."""
        picture = decode_picture(path, LabelMapError)
        pixels = read_pixels(_shrunk(picture, path, height, width) if _is_exact(picture) else path)
        readings, attempts = try_formats(pixels, self._formats)
        if not readings:
            error = unexplained(path, pixels, attempts, self.label_format)
            raise DatasetError(error.message, _mixed_hint(self.label_format))
        indices = pixels.spread(readings[0].classes)
        return indices if indices.shape == (height, width) else resize_nearest(indices, height, width)


def read_data_set(maps: Sequence[Path], label_space: LabelSpace, label_format: str) -> DataSetLabels:
    """Return the reader of a data set's maps; see `seg2vid_interface.label_readers.LabelReading`.

    With "auto" a few maps that are clear decide for all, if what they are explains the others that are looked at.
    """
    spaces = Spaces(label_space)
    if label_format != "auto":
        formats_named(label_format, spaces)
    looked_at = _read_some(maps)
    _refuse_masks(looked_at, label_format)
    found: dict[str, list[Path]] = {}
    failures: list[LabelMapError] = []
    for path, pixels in looked_at:
        try:
            reading = choose(path, pixels, label_format, spaces).reading
        except LabelMapError as error:
            failures.append(error)
        else:
            found.setdefault(f"{reading.format.name}:{reading.layout}", []).append(path)
    if not found:
        raise DatasetError(failures[0].message, failures[0].hint)
    name = max(found, key=lambda name: len(found[name]))
    formats = formats_named(name, spaces)
    title = ""
    for path, pixels in looked_at:
        readings, attempts = try_formats(pixels, formats)
        if not readings:
            raise DatasetError(unexplained(path, pixels, attempts, name).message, _mixed_hint(name))
        title = readings[0].title
    _refuse_others(found, name)
    return DataSetLabels(name, title, formats)


def _refuse_others(found: Mapping[str, list[Path]], name: str) -> None:
    """Raise DatasetError if many of the maps are clearly of another format, though `name` would explain them too."""
    others = [(path, other) for other, paths in found.items() if other != name for path in paths]
    if len(others) > _FEW * len(found[name]):
        path, other = others[0]
        raise DatasetError(f"{path}: clearly {other}, but others of this data set are {name}", _mixed_hint(name))


def _mixed_hint(name: str) -> str:
    return f"If all maps are of one format, say it: --label-format {name}; or convert them: seg2vid labels MAPS -o DIR."


def _read_some(maps: Sequence[Path]) -> list[tuple[Path, Pixels]]:
    """Read maps from beginning to end of the data set, leaving out what cannot be read: it is told of later."""
    numbers = np.unique(np.linspace(0, len(maps) - 1, min(len(maps), _LOOKED_AT)).round().astype(int)).tolist()
    some, failures = list[tuple[Path, Pixels]](), list[LabelMapError]()
    for path in (maps[number] for number in numbers):
        try:
            some.append((path, read_pixels(path)))
        except LabelMapError as error:
            failures.append(error)
    if not some:
        raise DatasetError(failures[0].message, failures[0].hint)
    return some


def _refuse_masks(looked_at: Sequence[tuple[Path, Pixels]], label_format: str) -> None:
    """Raise DatasetError if most maps hold 0 and 255 alone: some may, e.g. where a car stands before a wall."""
    masks = [path for path, pixels in looked_at if is_mask(pixels) and pixels.palette is None]
    if label_format == "auto" and len(masks) > len(looked_at) / 2:
        raise DatasetError(
            f"{masks[0]}: a mask of one class, as {len(masks)} of the {len(looked_at)} maps that were looked at",
            "Give maps of all classes; what the values of masks stand for, --label-format FILE.toml can say.",
        )


def _is_exact(picture: DecodedPicture) -> bool:
    lossless = picture.image.format not in ("JPEG", "MPO", "WEBP")
    return lossless and picture.stored in _EXACT and picture.largest in (None, 255)


def _shrunk(picture: DecodedPicture, path: Path, height: int, width: int) -> GivenPicture:
    """Return the picture at the size that is wanted, before its pixels are looked at: there may be 16 times as many."""
    return GivenPicture(str(path), picture.image.resize((width, height), Image.Resampling.NEAREST))
