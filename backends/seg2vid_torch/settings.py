"""Reading the settings of a stage from a preset and `--set` overrides."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from seg2vid_interface.errors import SettingsError
from seg2vid_interface.validation import problems_of
from seg2vid_torch.image_settings import SpadeSettings
from seg2vid_torch.motion_settings import MotionSettings

PRESET_FOLDER = Path(__file__).parent / "presets"

ImageSettings = SpadeSettings
StageSettings = ImageSettings | MotionSettings
_SETTINGS: Mapping[str, TypeAdapter[Any]] = {
    "image": TypeAdapter(ImageSettings),
    "motion": TypeAdapter(MotionSettings),
}


def preset_names() -> list[str]:
    """Return the names of the bundled presets."""
    return sorted(path.stem for path in PRESET_FOLDER.glob("*.toml"))


def load_settings(stage: Literal["image", "motion"], preset: str, overrides: Mapping[str, str]) -> StageSettings:
    """Return the checked settings of a stage.

    Args:
        stage: which table of the preset is read.
        preset: a bundled preset's name, or the path of a TOML file with the tables [image] and/or [motion].
        overrides: dotted key -> TOML value as text ("network.width" -> "0.5"); text that is no TOML value is a string.

    Raises:
        SettingsError: unknown preset, or all that is wrong with its keys and values.
    """
    document = _read_preset(preset)
    if stage not in document:
        raise SettingsError(f"--preset {preset}: has no [{stage}] table", "Choose another preset for this stage.")
    table = document[stage]
    if not isinstance(table, dict):
        raise SettingsError(f"--preset {preset}: {stage} is a value, not a table")
    for key, value in overrides.items():
        _override(table, key, _toml_value(value))
    try:
        return _SETTINGS[stage].validate_python(table)
    except ValidationError as error:
        problems = "; ".join(problems_of(error))
        raise SettingsError(f"--preset {preset}, stage {stage}: {problems}", "Mend the preset or the --set.") from None


def _read_preset(preset: str) -> dict[str, Any]:
    path = PRESET_FOLDER / f"{preset}.toml" if preset in preset_names() else Path(preset)
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, IsADirectoryError):
        raise SettingsError(
            f"--preset {preset}: neither a bundled preset nor a file",
            f"Bundled presets: {', '.join(preset_names())}.",
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"--preset {preset}: not readable as TOML: {error}") from None


def _override(table: dict[str, Any], key: str, value: object) -> None:
    *parents, last = key.split(".")
    for parent in parents:
        table = table.setdefault(parent, {})
        if not isinstance(table, dict):
            raise SettingsError(f"--set {key}: {parent} is a value, not a table")
    table[last] = value


def _toml_value(text: str) -> object:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
