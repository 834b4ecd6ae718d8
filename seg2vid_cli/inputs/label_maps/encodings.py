"""What the values of label pictures mean: the encodings that `--label-format` chooses from.

An encoding maps values to the model's class indices.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seg2vid_cli.inputs.label_maps.format_names import LABEL_FORMATS
from seg2vid_interface.errors import UsageError
from seg2vid_interface.label_spaces import CAMVID_12, CAMVID_32, Color, LabelSpace, MappedLabelSpace

UNLABELLED = 255
"""The id of pixels without a class, in every numbering that does not use it otherwise."""


@dataclass(frozen=True)
class PixelValues:
    """The values of a picture's pixels."""

    array: NDArray[np.uint8] | NDArray[np.uint16] | NDArray[np.uint32]
    """(H, W): ids, or colours packed as 0xRRGGBB."""
    are_colors: bool
    """False if they are ids."""

    @cached_property
    def distinct(self) -> NDArray[np.intp]:
        """The values that occur, in ascending order."""
        occurs = np.zeros(int(self.array.max()) + 1, np.bool_)
        for row in self.array:  # by rows, as in `Encoding.decode`; np.unique would sort millions of values
            occurs[row] = True
        return np.flatnonzero(occurs)


@dataclass(frozen=True)
class Encoding:
    """One meaning of a picture's values."""

    title: str
    """For messages, e.g. "Cityscapes label ids"."""
    meanings: Mapping[int, int]
    """Value -> class index of the model."""
    label_ids: Mapping[int, int] = field(default_factory=dict)
    """Value -> label id, where the values say more than the class."""
    has_instances: bool = False
    """Whether every instance has a value of its own."""

    def in_finer_space(self, space: LabelSpace, finer: LabelSpace) -> "Encoding":
        """Return the same for a finer label space than the model's `space`, of the same label ids.

        A class that has several of them becomes the finer space's `other`, unless the values tell which it is.
        """
        index_of = {
            label_id: index for index, finer_class in enumerate(finer.classes) for label_id in finer_class.label_ids
        }
        meanings = {}
        for value, index in self.meanings.items():
            ids = (self.label_ids[value],) if value in self.label_ids else space.classes[index].label_ids
            meanings[value] = index_of.get(ids[0], finer.other or 0) if len(ids) == 1 else finer.other or 0
        return replace(self, meanings=meanings)

    def unknown(self, values: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return those of `values` that this encoding does not explain."""
        return values[~np.isin(values, list(self.meanings))]

    def decode(self, values: PixelValues) -> NDArray[np.uint8]:
        """Return the class indices, uint8 (H, W), of values that are all explained."""
        table = np.zeros(max(self.meanings) + 1, np.uint8)
        table[list(self.meanings)] = list(self.meanings.values())
        indices = np.empty(values.array.shape, np.uint8)
        for row, row_of_values in zip(indices, values.array, strict=True):
            row[:] = table[row_of_values]  # by rows, because indexing copies its index as int64
        return indices


@dataclass(frozen=True)
class Encodings:
    """The encodings to try, in order."""

    ids: tuple[Encoding, ...] = ()
    """For pictures of ids."""
    colors: tuple[Encoding, ...] = ()
    """For pictures of colours."""


def encodings_for(label_format: str, label_space: LabelSpace) -> Encodings:
    """Return what `--label-format` allows for a model of `label_space`.

    Raises:
        UsageError: `label_format` is neither one of LABEL_FORMATS nor a TOML file.
        SettingsError: the TOML file is malformed, or a class has no counterpart in `label_space`.
    """
    ids = (_train_ids(label_space), _label_ids(label_space), _instance_ids(label_space))
    match label_format:
        case "auto":
            return Encodings(ids, _all_colors(label_space))
        case "train-ids":
            return Encodings(ids[:1])
        case "label-ids":
            return Encodings(ids[1:])
        case "colors":
            return Encodings(colors=_all_colors(label_space))
        case "camvid":
            return Encodings((_mapped_ids(CAMVID_12, label_space),), (_mapped_colors(CAMVID_32, label_space),))
    if not label_format.lower().endswith(".toml"):
        raise UsageError(
            f"--label-format: {label_format!r} is not known",
            f"Known: {', '.join(LABEL_FORMATS)}, or the TOML file of a label space.",
        )
    from seg2vid_interface.label_space_files import read_mapped_label_space

    mapped = read_mapped_label_space(Path(label_format))
    return Encodings((_mapped_ids(mapped, label_space),), (_mapped_colors(mapped, label_space),))


def pack_color(color: Color) -> int:
    """Return 0xRRGGBB."""
    red, green, blue = color
    return red << 16 | green << 8 | blue


def _title(label_space: LabelSpace, what: str) -> str:
    return f"{label_space.name[:1].upper()}{label_space.name[1:]} {what}"


def _with_unlabelled(meanings: dict[int, int], other: int | None) -> dict[int, int]:
    return meanings if other is None else {UNLABELLED: other} | meanings


def _train_ids(space: LabelSpace) -> Encoding:
    meanings = {index: index for index in range(space.size)}
    return Encoding(_title(space, "train ids"), _with_unlabelled(meanings, space.other))


def _label_ids(space: LabelSpace) -> Encoding:
    meanings = _meaning_of_label_ids(space)
    itself = {label_id: label_id for label_id in meanings}
    return Encoding(_title(space, "label ids"), _with_unlabelled(meanings, space.other), itself)


def _instance_ids(space: LabelSpace) -> Encoding:
    """Cityscapes writes id * 1000 + n for the n-th instance of a class that has instances, else the id alone."""
    known = _meaning_of_label_ids(space)
    numbered = {label_id * 1000 + n: label_id for label_id in known for n in range(1000) if 0 < label_id <= 64}
    label_ids = numbered | {label_id: label_id for label_id in known}
    meanings = {value: known[label_id] for value, label_id in label_ids.items()}
    title = _title(space, "instance ids")
    return Encoding(title, _with_unlabelled(meanings, space.other), label_ids, has_instances=True)


def _meaning_of_label_ids(space: LabelSpace) -> dict[int, int]:
    return {label_id: index for index, label_class in enumerate(space.classes) for label_id in label_class.label_ids}


def _all_colors(space: LabelSpace) -> tuple[Encoding, ...]:
    meanings = {
        pack_color(color): index
        for index, label_class in reversed(list(enumerate(space.classes)))  # of classes of one colour the first counts
        for color in (label_class.color, *label_class.more_colors)
    }
    own = Encoding(_title(space, "colours"), meanings)
    known = {label_class.name for label_class in space.classes}
    if known.issuperset(CAMVID_32.maps_to.values()):
        return own, _mapped_colors(CAMVID_32, space)
    return (own,)


def _mapped_ids(mapped: MappedLabelSpace, space: LabelSpace) -> Encoding:
    indices = mapped.class_indices(space)
    meanings = {
        label_id: index
        for label_class, index in zip(mapped.space.classes, indices, strict=True)
        for label_id in label_class.label_ids
    }
    other = mapped.space.other
    return Encoding(_title(mapped.space, "ids"), _with_unlabelled(meanings, None if other is None else indices[other]))


def _mapped_colors(mapped: MappedLabelSpace, space: LabelSpace) -> Encoding:
    indices = mapped.class_indices(space)
    meanings = {
        pack_color(label_class.color): index for label_class, index in zip(mapped.space.classes, indices, strict=True)
    }
    return Encoding(_title(mapped.space, "colours"), meanings)
