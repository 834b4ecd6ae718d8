"""Decides what a picture is read as, says how sure that is, and asks where it is not clear."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seg2vid_cli.inputs.label_maps.blurred_ids import refuse_blurred_ids
from seg2vid_cli.inputs.label_maps.faults import unexplained
from seg2vid_cli.inputs.label_maps.file_names import format_of_name
from seg2vid_cli.inputs.label_maps.formats import (
    Spaces,
    fitting_shipped_formats,
    formats_named,
    own_formats,
)
from seg2vid_cli.inputs.label_maps.layouts import grey_levels
from seg2vid_cli.inputs.label_maps.pixels import Pixels
from seg2vid_cli.inputs.label_maps.plausibility import CLEAR_LEAD, FEWEST_CLASSES, PLAUSIBLE, USUAL, scores
from seg2vid_cli.inputs.label_maps.readings import Reading, by_picture, try_formats
from seg2vid_cli.inputs.pictures.reading import PictureSource
from seg2vid_interface.errors import LabelMapError
from seg2vid_interface.label_spaces import LabelSpace

_OTHERS = 3
"""Other formats that a message of doubt names."""
_MASK_LEVELS = {0, 1, 255, 65_535}


class UnclearError(LabelMapError):
    """Several formats fit, or one that shows no street; `choices` are what `--label-format` takes, and their titles."""

    def __init__(self, message: str, hint: str, choices: tuple[tuple[str, str], ...]) -> None:
        super().__init__(message, hint)
        self.choices = choices


@dataclass(frozen=True)
class Choice:
    """What a picture is read as."""

    reading: Reading
    doubt: str | None = None
    """What else it may be, and how to say so; None if it is sure."""


@dataclass(frozen=True)
class _Picture:
    """One class picture that the pixels may show."""

    readings: list[Reading]
    """All that give it, the usual numbering first."""
    score: float | None
    """How much it looks like a street; None if the label space is not one of streets."""

    @property
    def reading(self) -> Reading:
        return self.readings[0]


def choose(source: PictureSource, pixels: Pixels, label_format: str, spaces: Spaces) -> Choice:
    """Return what the picture is read as.

    Raises:
        LabelMapError: no format explains all of its values, or several do and it is not clear which is meant.
        UsageError, SettingsError: as `formats_named`.
    """
    refuse_blurred_ids(source, pixels)
    if label_format == "auto":
        return _find_out(source, pixels, spaces)
    readings, attempts = try_formats(pixels, formats_named(label_format, spaces))
    if not readings:
        raise unexplained(source, pixels, attempts, label_format)
    pictures = _pictures(pixels, readings, spaces.model)
    return Choice(pictures[0].reading) if len(pictures) == 1 else _clearest(source, pictures)


def _find_out(source: PictureSource, pixels: Pixels, spaces: Spaces) -> Choice:
    """The usual numberings first: where one of them is beyond doubt, the others are not even loaded."""
    readings, attempts = try_formats(pixels, own_formats(spaces))
    if is_mask(pixels) and not any(reading.layout == "colors" and pixels.palette is not None for reading in readings):
        raise _mask(source)
    pictures = _pictures(pixels, readings, spaces.model)
    if choice := _by_name(source, pictures) or _beyond_doubt(pictures):
        return choice
    more, more_attempts = try_formats(pixels, fitting_shipped_formats(spaces))
    if not readings + more:
        raise unexplained(source, pixels, attempts + more_attempts, "auto")
    pictures = _pictures(pixels, readings + more, spaces.model)
    if len(pictures) > 1:
        return _clearest(source, pictures)
    (only,) = pictures
    if only.score is None or only.score >= PLAUSIBLE or _is_proven(only):
        return Choice(only.reading)
    raise _unclear(source, pictures)


def _pictures(pixels: Pixels, readings: Sequence[Reading], space: LabelSpace) -> list[_Picture]:
    """Return the different pictures, the likeliest first; only those that are proven, if there are such."""
    groups = by_picture(readings)
    groups = [group for group in groups if any(reading.is_proof for reading in group)] or groups
    found = scores(pixels, [group[0].classes for group in groups], space)
    pictures = [_Picture(group, None if found is None else found[i]) for i, group in enumerate(groups)]
    return sorted(pictures, key=lambda picture: 0 if picture.score is None else -picture.score)


def _by_name(source: PictureSource, pictures: Sequence[_Picture]) -> Choice | None:
    """Return the reading that the file's own name tells, if there is one.

    Raises LabelMapError if another one is clear, for then the file may have been converted and kept its name.
    """
    name = format_of_name(str(source))
    for picture in pictures:
        for reading in picture.readings:
            if reading.format.name == name:
                if picture is not pictures[0] and _is_clear(pictures):
                    raise _unclear(source, pictures)
                return Choice(reading)
    return None


def _beyond_doubt(pictures: Sequence[_Picture]) -> Choice | None:
    if not pictures:
        return None
    first = pictures[0]
    if _is_proven(first) and len(pictures) == 1:
        return Choice(first.reading)
    is_usual = first.score is not None and first.score >= USUAL and _is_clear(pictures)
    return Choice(first.reading) if is_usual and np.unique(first.reading.classes).size >= FEWEST_CLASSES else None


def _clearest(source: PictureSource, pictures: Sequence[_Picture]) -> Choice:
    if not _is_clear(pictures):
        raise _unclear(source, pictures)
    first, *others = pictures
    also = ", ".join(f"--label-format {_remedy(picture, pictures)}" for picture in others[:_OTHERS])
    more = f" and {len(others) - _OTHERS} more" if len(others) > _OTHERS else ""
    return Choice(first.reading, f"judged by where its classes lie, for it also fits {also}{more}")


def _is_clear(pictures: Sequence[_Picture]) -> bool:
    """Tell whether the first is plausible, and more so than every other by far."""
    first, *others = (picture.score for picture in pictures)
    if first is None or first < PLAUSIBLE:
        return False
    return all(other is not None and first - other >= CLEAR_LEAD for other in others)


def _is_proven(picture: _Picture) -> bool:
    return any(reading.is_proof for reading in picture.readings)


def _unclear(source: PictureSource, pictures: Sequence[_Picture]) -> UnclearError:
    choices = tuple((_remedy(picture, pictures), picture.reading.title) for picture in pictures)
    titles = ", ".join(title for _, title in choices)
    remedies = ", ".join(f"--label-format {remedy}" for remedy, _ in choices)
    if len(pictures) == 1:
        message = f"{source}: fits {titles}, but is no usual street in them"
        return UnclearError(message, f"If that is what it holds, say so: {remedies}", choices)
    message = f"{source}: fits several label formats, and none makes it clearly a street: {titles}"
    return UnclearError(message, f"Say which: {remedies}", choices)


def _remedy(picture: _Picture, pictures: Sequence[_Picture]) -> str:
    """Return the format that gives this picture, and the layout as well where the format alone leaves doubt."""
    own = picture.reading.format.name
    alone = all(reading.format.name != own for other in pictures if other is not picture for reading in other.readings)
    return own if alone else f"{own}:{picture.reading.layout}"


def is_mask(pixels: Pixels) -> bool:
    """Tell whether a picture holds nothing but 0, and perhaps 1 or the largest value."""
    levels = grey_levels(pixels)
    return levels is not None and len(levels) <= 2 and _MASK_LEVELS.issuperset(levels.tolist())


def _mask(source: PictureSource) -> LabelMapError:
    return LabelMapError(
        f"{source}: a mask of one class, not a label map of a whole scene",
        "Give a map of all classes; what the values of a mask stand for, --label-format FILE.toml can say.",
    )
