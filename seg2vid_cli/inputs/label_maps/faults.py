"""Says why a picture is not a label map: the message when no format explains all of its pixels."""

from collections.abc import Sequence

import numpy as np

from seg2vid_cli.inputs.label_maps.formats import UNLABELLED
from seg2vid_cli.inputs.label_maps.layouts import OF_COLORS, grey_levels
from seg2vid_cli.inputs.label_maps.pixels import Pixels
from seg2vid_cli.inputs.label_maps.readings import Attempt
from seg2vid_cli.inputs.pictures.reading import PictureSource
from seg2vid_interface.errors import LabelMapError

_MANY_LEVELS = 100
"""Distinct 8-bit values beyond which a grey picture is taken for a photograph."""
_MANY_COLORS = 256
"""Distinct colours beyond which a picture is taken for a photograph, unless most lie near label colours."""
_NEAR = 6
"""Largest difference of a channel by which JPEG moves most pixels of a flat colour."""
_MOSTLY = 0.75
"""Share of near pixels from which a picture is called blurred."""
_PHOTOGRAPH = "Give the label map; a photograph of the scene goes to --first-frame."
_LISTED = 5
"""Offending values that a message lists."""


def unexplained(source: PictureSource, pixels: Pixels, attempts: Sequence[Attempt], label_format: str) -> LabelMapError:
    """Return the error for a picture that none of the `attempts` explains; they are all that its kind allows."""
    if (pixels.channels == 4 and label_format == "auto") or (not attempts and pixels.channels == 4):
        return LabelMapError(f"{source}: has transparent pixels", "Flatten the picture on an opaque background.")
    if not attempts:
        return _wrong_kind(source, pixels, label_format)
    if any(attempt.layer.values[attempt.unknown].tolist() == [UNLABELLED] for attempt in attempts):
        return LabelMapError(
            f"{source}: unlabelled pixels (255), for which the model's label space has no class",
            "Give every pixel a class.",
        )
    levels = grey_levels(pixels)
    if levels is not None and pixels.bits == 8 and len(levels) > _MANY_LEVELS:
        return LabelMapError(
            f"{source}: looks like a photograph ({len(levels)} grey levels), not a label map", _PHOTOGRAPH
        )
    return _blurred(source, pixels, attempts) or _unknown_values(source, pixels, attempts, label_format)


def _blurred(source: PictureSource, pixels: Pixels, attempts: Sequence[Attempt]) -> LabelMapError | None:
    """Return the error for a photograph, or for label colours that are smeared."""
    of_colors = [attempt for attempt in attempts if attempt.layout in OF_COLORS]
    if not of_colors or len(pixels.distinct) <= _MANY_COLORS // 8:
        return None
    near, closest = max(((_share_near(pixels, attempt), attempt) for attempt in of_colors), key=lambda pair: pair[0])
    unknown = np.unique(closest.layer.values[closest.unknown]).size
    if near >= _MOSTLY and unknown > len(closest.format.colors):
        return LabelMapError(
            f"{source}: {closest.title} blurred by JPEG compression or smooth resizing ({unknown} other colours)",
            "Save the label map as a PNG, and resize it with nearest-neighbour sampling only.",
        )
    if len(pixels.distinct) > _MANY_COLORS and near < _MOSTLY:
        return LabelMapError(
            f"{source}: looks like a photograph ({len(pixels.distinct)} colours), not a label map", _PHOTOGRAPH
        )
    return None


def _share_near(pixels: Pixels, attempt: Attempt) -> float:
    """Return the share of pixels whose colour lies near one of the format's."""
    values = attempt.layer.values
    near = np.zeros(values.shape, np.bool_)
    for color in attempt.format.colors:
        differences = [np.abs((values >> shift & 255) - (color >> shift & 255)) for shift in (16, 8, 0)]
        near |= np.max(differences, axis=0) <= _NEAR
    return float(pixels.counts[near].sum() / pixels.counts.sum())


def _unknown_values(
    source: PictureSource, pixels: Pixels, attempts: Sequence[Attempt], label_format: str
) -> LabelMapError:
    """Name what the closest format lacks: the one that explains the most pixels."""
    closest = max(attempts, key=lambda attempt: int(pixels.counts[~attempt.unknown].sum()))
    values = np.unique(closest.layer.values[closest.unknown]).tolist()
    what = "colours" if closest.layout in OF_COLORS else "values"
    listed = [str(_rgb(value)) if what == "colours" else str(value) for value in values[:_LISTED]]
    more = f" and {len(values) - _LISTED} more" if len(values) > _LISTED else ""
    known = "no known format's; the closest is" if label_format == "auto" else "not those of"
    lacking = f"{closest.title}{', without' if label_format == 'auto' else ':'} {', '.join(listed)}{more}"
    return LabelMapError(f"{source}: holds {what} that are {known} {lacking}", _hint(label_format))


def _wrong_kind(source: PictureSource, pixels: Pixels, label_format: str) -> LabelMapError:
    kind = "ids" if grey_levels(pixels) is not None else "colours"
    depth = f"{pixels.bits}-bit " if pixels.bits != 8 else ""
    reads = f"but --label-format {label_format} reads none" if label_format != "auto" else "which no known format has"
    return LabelMapError(f"{source}: a picture of {depth}{kind}, {reads}", _hint(label_format))


def _hint(label_format: str) -> str:
    if label_format == "auto":
        return "What its values mean, --label-format FILE can say: a TOML, or the classes' .txt of CVAT or labelme."
    return "`seg2vid labels MAP` finds out what it holds, and `seg2vid label-formats` lists what can be named."


def _rgb(color: int) -> tuple[int, int, int]:
    return color >> 16, color >> 8 & 255, color & 255
