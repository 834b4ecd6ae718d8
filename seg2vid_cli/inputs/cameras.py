"""`--camera`: a path by its name, by its rates, or row by row from a file.

    still                          a name among CAMERA_NAMES
    forward=8,yaw=3                rates that last: m/s, degrees/s to the right; what is left out (pitch) is 0
    drive.csv                      a header and rows: time (s), forward, and perhaps yaw and pitch
    drive.json                     a list of rows, objects of the same keys; or an object that has it under "camera"

A program may also hand over a mapping of rates, or the rows themselves.
"""

import csv
import io
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Never

from seg2vid_cli.inputs.camera_names import CAMERA_NAMES
from seg2vid_interface.documents import parse_json
from seg2vid_interface.driving.paths import NAMED_PATHS, RATES, GivenPath, steady
from seg2vid_interface.errors import CameraError, Seg2VidError, UsageError

if TYPE_CHECKING:
    from seg2vid_interface.model_card import ModelCard

CameraSource = str | os.PathLike[str] | Mapping[str, float] | Sequence[Mapping[str, float] | Sequence[float]]
"""Text as on the command line, a file, rates, or rows: mappings, or numbers in the order of COLUMNS."""

COLUMNS: Final = ("time", *RATES)
"""Of a row; in seconds, m/s, and degrees/s to the right and upwards."""
NEEDED: Final = ("time", "forward")
"""The others are 0 where they are left out."""
LIMITS: Final = {"forward": (60.0, "m/s"), "yaw": (90.0, "degrees/s"), "pitch": (45.0, "degrees/s")}
"""How fast a camera may move either way; beyond, a frame has next to nothing in common with the one before."""
MOST_BYTES: Final = 64_000_000
"""Of a file: an hour at 240 rows a second."""

_FORMS = f"Give a name ({', '.join(CAMERA_NAMES)}), rates (forward=8,yaw=3), or a file (.csv, .json, ./NAME)."
_ROWS = "A row has time (s) and forward (m/s), and may have yaw and pitch (degrees/s)."
_RATES = "Rates are forward (m/s), yaw (degrees/s to the right) and pitch (upwards); a file of such a name is ./NAME."
_UNITS = "At most 60 m/s (216 km/h) forward or back, 90 degrees/s of yaw and 45 of pitch either way."
_ORDER = "Rows go from early to late."


@dataclass(frozen=True)
class GivenCamera:
    """A path that was given."""

    path: GivenPath
    name: str
    """As it was given."""
    file: Path | None = None
    """That it was read from."""

    @property
    def title(self) -> str:
        """The file's name, without the folders that it lies in, or as it was given."""
        return self.name if self.file is None else self.file.name


def check_camera(given: CameraSource | None, card: "ModelCard") -> None:
    """Raise UsageError if a camera is given to a model that has none."""
    if given is not None and card.camera is None:
        raise UsageError(
            f"--camera {name_of(given)}: the camera of the model {card.name} does not drive as it is told",
            "Leave it out, as --seed says the motion; `seg2vid models show NAME` says what a model can do.",
        )


def name_of(given: CameraSource) -> str:
    """Return what messages call it."""
    if isinstance(given, str | os.PathLike):
        return os.fspath(given)
    return ",".join(f"{key}={value}" for key, value in given.items()) if isinstance(given, Mapping) else "rows"


def read_camera(given: CameraSource) -> GivenCamera:
    """Read a path; a name wins over rates, and these over a file that is called like it.

    Raises:
        UsageError: a text that is no path, or wrong rates or rows.
        CameraError: a file that cannot be read, or holds no path.
    """
    name = name_of(given)
    if isinstance(given, Mapping):
        return GivenCamera(_steady(list(given.items()), _flag(name)), name)
    if not isinstance(given, str | os.PathLike):
        return GivenCamera(_path(given, _flag(name)), name)
    if isinstance(given, str) and given in NAMED_PATHS:
        return GivenCamera(NAMED_PATHS[given], name)
    if isinstance(given, str) and _looks_like_rates(given):
        return GivenCamera(_steady(_pairs(given), _flag(name)), name)
    if isinstance(given, str) and not _looks_like_a_file(given):
        _flag(name).fail("no path of this name", _FORMS)
    file = Path(given)
    return GivenCamera(_read_file(file), name, file)


@dataclass(frozen=True)
class _Place:
    """Where something is wrong."""

    name: str
    error: type[Seg2VidError]

    def fail(self, problem: str, hint: str) -> Never:
        raise self.error(f"{self.name}: {problem}", hint)


def _flag(name: str) -> _Place:
    return _Place(f"--camera {name}", UsageError)


def _looks_like_rates(text: str) -> bool:
    key, equals, _ = text.partition("=")
    return bool(equals) and Path(key).name == key


def _looks_like_a_file(text: str) -> bool:
    return os.path.lexists(text) or Path(text).suffix != "" or Path(text).name != text


def _pairs(text: str) -> list[tuple[str, str | None]]:
    """Return key and value of every part; None for a part without a value."""
    parts = [part.partition("=") for part in text.split(",")]
    return [(key.strip(), value.strip() if equals else None) for key, equals, value in parts]


def _steady(pairs: Sequence[tuple[str, object]], place: _Place) -> GivenPath:
    keys = [key for key, _ in pairs]
    _check_keys(keys, RATES, place, _RATES)
    if not pairs:
        place.fail("no rate", _FORMS)
    return steady(**{key: _rate(key, value, place) for key, value in pairs})


def _read_file(file: Path) -> GivenPath:
    place = _Place(str(file), CameraError)
    try:
        with file.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
    except FileNotFoundError:
        place.fail("no such file", _FORMS)
    except OSError as error:
        place.fail(f"cannot be read: {error.strerror}", _FORMS)
    if len(content) > MOST_BYTES:
        place.fail(f"larger than {MOST_BYTES // 10**6} MB", _ROWS)
    try:
        text = content.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        place.fail("neither CSV nor JSON, but no text", _ROWS)
    if not text:
        place.fail("is empty", _ROWS)
    return _path(_json_rows(text, place) if text[0] in "[{" else _csv_rows(text, place), place)


def _json_rows(text: str, place: _Place) -> list[Any]:
    try:
        document = parse_json(text)
    except ValueError as error:
        place.fail(f"not readable as JSON: {error}", _ROWS)
    rows = document.get("camera") if isinstance(document, dict) else document
    if not isinstance(rows, list):
        place.fail('no list of rows under "camera"', _ROWS)
    return rows


def _csv_rows(text: str, place: _Place) -> list[dict[str, str]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), skipinitialspace=True)
    try:
        header = [name.strip() for name in reader.fieldnames or ()]
        if not set(header) & set(COLUMNS):
            place.fail("neither JSON nor CSV with a header", f"The first line names the columns. {_ROWS}")
        _check_keys(header, COLUMNS, place, f"Columns are separated by commas. {_ROWS}", NEEDED)
        reader.fieldnames = header
        return list(reader)
    except csv.Error as error:
        place.fail(f"not readable as CSV: {error}", _ROWS)


def _path(rows: Iterable[Any], place: _Place) -> GivenPath:
    """Return the path of rows, which are numbered from 1 in messages."""
    read: list[tuple[float, tuple[float, float, float]]] = []
    for number, values in enumerate(rows, 1):
        row = _Place(f"{place.name}: row {number}", place.error)
        time, rates = _row(values, row)
        if read and time <= read[-1][0]:
            row.fail(f"time {time} does not come after the {read[-1][0]} before it", _ORDER)
        read.append((time, rates))
    if not read:
        place.fail("holds no row", _ROWS)
    return GivenPath(tuple(time for time, _ in read), tuple(rates for _, rates in read))


def _row(values: Any, place: _Place) -> tuple[float, tuple[float, float, float]]:
    if not isinstance(values, Mapping):
        values = _named(values, place)
    if None in values:  # csv's key of what has no column
        place.fail("more values than columns", _ROWS)
    _check_keys(list(values), COLUMNS, place, _ROWS, NEEDED)
    forward, yaw, pitch = (_rate(name, values.get(name, 0.0), place) for name in RATES)
    return _number("time", values["time"], place), (forward, yaw, pitch)


def _named(values: Any, place: _Place) -> dict[str, Any]:
    """Return numbers in the order of COLUMNS by their names."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        place.fail(f"{_shown(values)} is no row", _ROWS)
    numbers = list(values)
    if len(numbers) > len(COLUMNS):
        place.fail("more values than columns", _ROWS)
    return dict(zip(COLUMNS, numbers, strict=False))


def _check_keys(
    keys: Sequence[str], known: Sequence[str], place: _Place, hint: str, needed: Sequence[str] = ()
) -> None:
    if missing := [key for key in needed if key not in keys]:
        place.fail(f"has no {' and no '.join(missing)}", hint)
    if unknown := [key for key in keys if key not in known]:
        place.fail(f"{_shown(unknown[0])} is none of {', '.join(known)}", hint)
    if twice := [key for key in keys if keys.count(key) > 1]:
        place.fail(f"{twice[0]} is given twice", hint)


def _rate(name: str, value: object, place: _Place) -> float:
    number = _number(name, value, place)
    most, unit = LIMITS[name]
    if abs(number) > most:
        place.fail(f"{name} is {number:.10g} {unit}, beyond {most:g}", _UNITS)
    return number


def _number(name: str, value: object, place: _Place) -> float:
    hint = _ROWS if name == "time" else _UNITS
    if value is None or value == "":
        place.fail(f"{name} has no number", hint)
    try:
        number = float(value) if isinstance(value, str | Real) and not isinstance(value, bool) else math.nan
    except (ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        place.fail(f"{name} is {_shown(value)}, no finite number", hint)
    return number


def _shown(value: object) -> str:
    """Return a value for a message of one line."""
    return repr(value)[:40]
