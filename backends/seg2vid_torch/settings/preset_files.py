"""Preset files: the bundled ones and users' own, in TOML, each of which may extend another.

extends = "paper"        # a bundled preset's name, or a file's path as seen from this one

[motion]                 # merged key by key over the other's tables
steps = 1000
"""

import os
from pathlib import Path
from typing import Any

from seg2vid_interface.documents import parse_toml, read_document
from seg2vid_interface.errors import SettingsError

PRESET_FOLDER = Path(__file__).parents[1] / "presets"
EXTENDS = "extends"

Table = dict[str, Any]


def preset_names() -> list[str]:
    """Return the names of the bundled presets."""
    return sorted(path.stem for path in PRESET_FOLDER.glob("*.toml"))


def read_preset(preset: str) -> Table:
    """Return the tables of a preset, those that it extends included.

    Args:
        preset: a bundled preset's name, or the path of a TOML file.

    Raises:
        SettingsError: there is no such preset, it is no TOML, or what it extends is not there or extends it in turn.
    """
    return _read(preset, Path(), f"--preset {preset}", ())


def _read(preset: str, folder: Path, named_by: str, extended_by: tuple[Path, ...]) -> Table:
    """Read a preset; paths are seen from `folder`, and errors begin with what named it."""
    path = PRESET_FOLDER / f"{preset}.toml" if preset in preset_names() else folder / preset
    real_path = Path(os.path.realpath(path))  # `Path.resolve` fails at links in a circle
    if real_path in extended_by:
        raise SettingsError(f"{named_by}: the presets extend one another in a circle", "Take one of them out.")
    table = _parse(path, named_by)
    if EXTENDS not in table:
        return table
    base = table.pop(EXTENDS)
    named_by = f"{path}: {EXTENDS} = {base!r}"
    if not isinstance(base, str):
        raise SettingsError(f"{named_by}: not a preset's name", f'For example {EXTENDS} = "paper".')
    return _merged(_read(base, path.parent, named_by, (*extended_by, real_path)), table)


def _parse(path: Path, named_by: str) -> Table:
    try:
        return parse_toml(read_document(path))
    except (FileNotFoundError, IsADirectoryError):
        raise SettingsError(
            f"{named_by}: neither a bundled preset nor a file", f"Bundled presets: {', '.join(preset_names())}."
        ) from None
    except (OSError, ValueError) as error:
        raise SettingsError(f"{named_by}: not readable as TOML: {error}", "Correct the preset.") from None


def _merged(base: Table, over: Table) -> Table:
    """Return `base` with the keys of `over` put over its own; tables in both are merged likewise."""
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = _merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged
