"""What the values of label pictures mean: the formats that `--label-format` chooses from.

A format maps ids and colours to the model's class indices, and says in which layouts its pictures keep them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from seg2vid_cli.inputs.label_maps.format_names import FORMATS, GROUPS, OWN_FORMATS, label_formats, shipped_formats
from seg2vid_cli.inputs.label_maps.layouts import LAYOUTS, WITH_ITS_VARIANTS
from seg2vid_interface.errors import SettingsError, UsageError
from seg2vid_interface.label_spaces import Color, LabelSpace, MappedLabelSpace

UNLABELLED = 255
"""The id of pixels without a class, in every numbering that does not use it otherwise."""


class Meaning(NamedTuple):
    """What a value stands for."""

    own: int
    """Class of the model."""
    of_image: int
    """Class of the model's image stage, which may know more of them."""


@dataclass(frozen=True)
class LabelFormat:
    """One meaning of pictures' values, for one model."""

    name: str
    """As `--label-format` takes it."""
    title: str
    """For messages, e.g. "Cityscapes label ids"."""
    layouts: tuple[str, ...]
    """Among `layouts.LAYOUTS`."""
    ids: Mapping[int, Meaning]
    colors: Mapping[int, Meaning]
    """By 0xRRGGBB; also where no layout reads colours, for a palette may paint the ids in them."""
    numbered: frozenset[int] | None = None
    """The ids of which the layout ids-1000 numbers instances; None: all."""
    is_own: bool = False
    """Whether it is of the model's own label space, and its title says how the classes are kept."""
    without_class: tuple[str, ...] = ()
    """Classes of the format for which the model has none."""


class Spaces(NamedTuple):
    """The label spaces of a model."""

    model: LabelSpace
    image: LabelSpace | None = None
    """The image stage's, if it has one of its own."""

    def meaning(self, index: int, label_id: int | None = None) -> Meaning:
        """Return what a value of the model's class `index` stands for; `label_id` if the value tells that too.

        A class that has several label ids becomes the image stage's `other`, unless the value tells which it is.
        """
        if self.image is None:
            return Meaning(index, index)
        ids = self.model.classes[index].label_ids if label_id is None else (label_id,)
        fitting = [finer for finer, label_class in enumerate(self.image.classes) if ids[0] in label_class.label_ids]
        return Meaning(index, fitting[0] if len(ids) == 1 and fitting else self.image.other or 0)


def own_formats(spaces: Spaces) -> tuple[LabelFormat, ...]:
    """Return the formats of the model's own label space, in the order of OWN_FORMATS."""
    space = spaces.model
    classes = list(enumerate(space.classes))
    train_ids = {index: spaces.meaning(index) for index, _ in classes}
    label_ids = {label_id: spaces.meaning(index, label_id) for index, own in classes for label_id in own.label_ids}
    colors = {
        _packed(color): spaces.meaning(index)
        for index, own in reversed(classes)  # of classes of one colour the first counts
        for color in (own.color, *own.more_colors)
    }
    if space.other is not None:
        unlabelled = {UNLABELLED: spaces.meaning(space.other)}
        train_ids, label_ids = unlabelled | train_ids, unlabelled | label_ids
    title = f"{space.name[:1].upper()}{space.name[1:]}"
    of_label_ids = LabelFormat("label-ids", f"{title} label ids", ("ids", "greys", "ids-1000"), label_ids, colors)
    formats = (
        LabelFormat("train-ids", f"{title} train ids", ("ids", "greys"), train_ids, colors),
        replace(of_label_ids, numbered=_numbered(space)),
        LabelFormat("colors", f"{title} colours", ("colors", "bgr-colors"), {}, colors),
    )
    return tuple(replace(own, is_own=True) for own in formats)


def mapped_format(name: str, mapped: MappedLabelSpace, spaces: Spaces) -> LabelFormat:
    """Return the format of another label space.  Raises SettingsError if the model lacks classes that it maps to."""
    meanings = [spaces.meaning(index) for index in mapped.class_indices(spaces.model)]
    classes = list(zip(mapped.classes, meanings, strict=True))
    ids = {label_id: meaning for own, meaning in classes for label_id in own.ids}
    names = [own.name for own in mapped.classes]
    other = {} if mapped.other is None else {UNLABELLED: meanings[names.index(mapped.other)]}
    colors = {_packed(own.color): meaning for own, meaning in reversed(classes) if own.color is not None}
    layouts = tuple(variant for layout in mapped.layouts for variant in WITH_ITS_VARIANTS.get(layout, (layout,)))
    return LabelFormat(name, mapped.title, layouts, other | ids, colors)


def formats_named(label_format: str, spaces: Spaces) -> tuple[LabelFormat, ...]:
    """Return what `--label-format` names: one format, or several that share a name; "auto" is not among them.

    Raises:
        UsageError: it is neither a known name, with or without :LAYOUT, nor a file.
        SettingsError: the file is malformed, or a class has no counterpart in the model's label space.
    """
    name, _, layout = label_format.rpartition(":")
    if name and layout in LAYOUTS:
        return tuple(_in_layout(found, layout) for found in formats_named(name, spaces))
    if label_format in OWN_FORMATS:
        return (own_formats(spaces)[OWN_FORMATS.index(label_format)],)
    if label_format in GROUPS:
        return tuple(_shipped(member, spaces) for member in GROUPS[label_format])
    if label_format in shipped_formats():
        return (_shipped(label_format, spaces),)
    if not label_format.lower().endswith((".toml", ".txt")):
        raise UsageError(
            f"--label-format: {label_format!r} is not known",
            f"Known: {', '.join(label_formats())}, or a file: TOML, or CVAT's or labelme's .txt.",
        )
    if label_format.lower().endswith(".txt"):
        from seg2vid_cli.inputs.label_maps.class_lists import read_class_list

        return (read_class_list(Path(label_format), spaces),)
    from seg2vid_interface.label_space_files import read_mapped_label_space

    return (mapped_format(label_format, read_mapped_label_space(Path(label_format)), spaces),)


@lru_cache(maxsize=4)  # a folder's maps ask for the same ones
def fitting_shipped_formats(spaces: Spaces) -> tuple[LabelFormat, ...]:
    """Return those of the shipped formats whose classes the model has."""
    return tuple(_those_that_fit(shipped_formats(), spaces))


def _those_that_fit(names: Iterable[str], spaces: Spaces) -> Iterable[LabelFormat]:
    for name in names:
        try:
            yield _shipped(name, spaces)
        except SettingsError:
            continue


def _shipped(name: str, spaces: Spaces) -> LabelFormat:
    from seg2vid_interface.label_space_files import read_mapped_label_space

    return mapped_format(name, read_mapped_label_space(FORMATS / f"{name}.toml"), spaces)


def _in_layout(found: LabelFormat, layout: str) -> LabelFormat:
    if layout not in found.layouts:
        raise UsageError(
            f"--label-format {found.name}:{layout}: {found.name} has no such layout",
            f"It has {', '.join(found.layouts)}.",
        )
    return replace(found, layouts=(layout,))


def _numbered(space: LabelSpace) -> frozenset[int] | None:
    """Return the label ids whose instances Cityscapes numbers: those from the first to the last of what moves."""
    things = [
        label_id
        for index, own in enumerate(space.classes)
        if own.foreground and index != space.other
        for label_id in own.label_ids
    ]
    return frozenset(range(min(things), max(things) + 1)) if things else None


def _packed(color: Color) -> int:
    red, green, blue = color
    return red << 16 | green << 8 | blue
