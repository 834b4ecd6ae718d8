"""Reading the settings of a stage from a preset and `--set` overrides."""

import tomllib
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import ValidationError

from seg2vid_interface.errors import SettingsError
from seg2vid_interface.validation import problems_of
from seg2vid_torch.settings.image import Pix2PixHDSettings, SpadeSettings
from seg2vid_torch.settings.motion import MotionSettings
from seg2vid_torch.settings.preset_files import read_preset

StageSettings = SpadeSettings | Pix2PixHDSettings | MotionSettings
IMAGE_SETTINGS: Mapping[str, type[SpadeSettings | Pix2PixHDSettings]] = {
    "spade": SpadeSettings,
    "pix2pixhd": Pix2PixHDSettings,
}
"""The image stage's settings by `network.kind`."""


def load_settings(stage: Literal["image", "motion"], preset: str, overrides: Mapping[str, str]) -> StageSettings:
    """Return the checked settings of a stage.

    Args:
        stage: which table of the preset is read.
        preset: a bundled preset's name, or the path of a TOML file with the tables [image] and/or [motion].
        overrides: dotted key -> TOML value as text ("network.width" -> "0.5"); text that is no TOML value is a string.

    Raises:
        SettingsError: unknown preset, or all that is wrong with its keys and values.
    """
    document = read_preset(preset)
    if stage not in document:
        raise SettingsError(f"--preset {preset}: has no [{stage}] table", "Choose another preset for this stage.")
    table = document[stage]
    if not isinstance(table, dict):
        raise SettingsError(f"--preset {preset}: {stage} is a value, not a table")
    for key, value in overrides.items():
        _override(table, key, _toml_value(value))
    try:
        return validate_settings(stage, table)
    except ValidationError as error:
        problems = "; ".join(problems_of(error))
        raise SettingsError(f"--preset {preset}, stage {stage}: {problems}", "Mend the preset or the --set.") from None


def validate_settings(stage: Literal["image", "motion"], table: Mapping[str, Any]) -> StageSettings:
    """Return the settings that a stage's table holds.

    Raises:
        pydantic.ValidationError: all that is wrong with its keys and values.
        SettingsError: an image stage's network of an unknown kind.
    """
    if stage == "motion":
        return MotionSettings.model_validate(table)
    network = table.get("network")
    kind = network.get("kind", "spade") if isinstance(network, Mapping) else "spade"
    if kind not in IMAGE_SETTINGS:
        raise SettingsError(f"network.kind = {kind}: unknown", f"Known kinds: {', '.join(IMAGE_SETTINGS)}.")
    return IMAGE_SETTINGS[kind].model_validate(table)


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
