"""Says why a picture is not a label map: the message when no encoding explains all of its values."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from seg2vid_cli.inputs.label_maps.encodings import UNLABELLED, Encoding, PixelValues
from seg2vid_cli.inputs.pictures.reading import PictureSource
from seg2vid_interface.errors import LabelMapError

_MANY_LEVELS = 100
"""Distinct 8-bit values beyond which a grey picture is taken for a photograph."""
_MANY_COLORS = 256
"""Distinct colours beyond which a picture is taken for a photograph, unless most lie near label colours."""
_NEAR = 12
"""Largest difference of a channel by which JPEG moves a flat colour."""
_PHOTOGRAPH = "Give the label map; a photograph of the scene goes to --first-frame."
_OTHER_IDS = "Another label space needs --label-format camvid or FILE.toml."
_OTHER_COLORS = (
    "Another label space needs --label-format FILE.toml; palette indices that are ids need train-ids or label-ids."
)
_LISTED = 5
"""Offending values that a message lists."""


def unexplained(
    path: PictureSource, values: PixelValues, encodings: Sequence[Encoding], label_format: str
) -> LabelMapError:
    """Return the error for `values` that none of `encodings`, all of the values' kind, explains."""
    if values.are_colors:
        return _unexplained_colors(path, values, encodings, label_format)
    if any(encoding.unknown(values.distinct).tolist() == [UNLABELLED] for encoding in encodings):
        return LabelMapError(
            f"{path}: unlabelled pixels (255), for which the model's label space has no class",
            "Give every pixel a class.",
        )
    if values.array.dtype == np.uint8 and values.distinct.size > _MANY_LEVELS:
        return LabelMapError(
            f"{path}: looks like a photograph ({values.distinct.size} grey levels), not a label map", _PHOTOGRAPH
        )
    if values.array.dtype != np.uint8:  # say no more of the 8-bit numberings, if there is one of more bits
        encodings = [encoding for encoding in encodings if max(encoding.meanings, default=0) > 255] or encodings
    unknown, titles = _most_telling(values, encodings)
    listing = _listing([str(value) for value in unknown[:_LISTED]], unknown.size)
    return LabelMapError(f"{path}: holds values that are not {titles}: {listing}", _hint(label_format, _OTHER_IDS))


def _unexplained_colors(
    path: PictureSource, values: PixelValues, encodings: Sequence[Encoding], label_format: str
) -> LabelMapError:
    near, closest = max(((_share_near(values, encoding), encoding) for encoding in encodings), key=lambda pair: pair[0])
    unknown = closest.unknown(values.distinct)
    if values.distinct.size > _MANY_COLORS and near < 0.75:
        return LabelMapError(
            f"{path}: looks like a photograph ({values.distinct.size} colours), not a label map",
            _PHOTOGRAPH,
        )
    if near >= 0.75 and unknown.size > len(closest.meanings):
        return LabelMapError(
            f"{path}: {closest.title} blurred by JPEG compression or smooth resizing ({unknown.size} other colours)",
            "Save the label map as a PNG, and resize it with nearest-neighbour sampling only.",
        )
    unknown, titles = _most_telling(values, encodings)
    listing = _listing([str(_rgb(color)) for color in unknown[:_LISTED].tolist()], unknown.size)
    return LabelMapError(f"{path}: holds colours that are not {titles}: {listing}", _hint(label_format, _OTHER_COLORS))


def _most_telling(values: PixelValues, encodings: Sequence[Encoding]) -> tuple[NDArray[np.intp], str]:
    """Return the values that no encoding explains, else those of the encoding that lacks the fewest; and its title."""
    unknown = values.distinct
    for encoding in encodings:
        unknown = encoding.unknown(unknown)
    if unknown.size:
        return unknown, _either([encoding.title for encoding in encodings])
    closest = min(encodings, key=lambda encoding: encoding.unknown(values.distinct).size)
    return closest.unknown(values.distinct), closest.title


def _either(titles: Sequence[str]) -> str:
    """Return e.g. "Cityscapes train, label or instance ids", or "Cityscapes colours or CamVid colours"."""
    parts = [title.rsplit(" ", 2) for title in titles]
    frames = {(part[0], part[-1]) for part in parts}
    if len(titles) == 1 or len(frames) > 1 or any(len(part) < 3 for part in parts):
        return " or ".join(titles)
    ((first, last),) = frames
    *kinds, last_kind = [part[1] for part in parts]
    return f"{first} {', '.join(kinds)} or {last_kind} {last}"


def _share_near(values: PixelValues, encoding: Encoding) -> float:
    """Return the share of (up to 100,000) pixels whose colour lies near one of the encoding's."""
    sample = values.array.ravel()[:: max(1, values.array.size // 100_000)].astype(np.intp)
    near = np.zeros(sample.shape, np.bool_)
    for color in encoding.meanings:
        differences = [np.abs((sample >> shift & 255) - (color >> shift & 255)) for shift in (16, 8, 0)]
        near |= np.max(differences, axis=0) <= _NEAR
    return float(near.mean())


def _rgb(color: int) -> tuple[int, int, int]:
    return color >> 16, color >> 8 & 255, color & 255


def _listing(first: Sequence[str], count: int) -> str:
    more = f" and {count - len(first)} more" if count > len(first) else ""
    return ", ".join(first) + more


def _hint(label_format: str, hint_for_auto: str) -> str:
    return hint_for_auto if label_format == "auto" else "--label-format auto finds out what the picture holds."
