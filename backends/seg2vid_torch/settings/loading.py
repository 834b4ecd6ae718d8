"""Reading the settings of a stage from a preset and `--set` overrides."""

import tomllib
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from seg2vid_interface.backend import Stage
from seg2vid_interface.documents import parse_toml
from seg2vid_interface.errors import SettingsError
from seg2vid_torch.settings.faults import tell_faults
from seg2vid_torch.settings.image import Pix2PixHDSettings, SpadeSettings
from seg2vid_torch.settings.key_frames import KeyFrameSettings
from seg2vid_torch.settings.labels import PretrainedLabelsSettings, UNetLabelsSettings
from seg2vid_torch.settings.motion import MotionSettings
from seg2vid_torch.settings.preset_files import read_preset

StageSettings = (
    SpadeSettings
    | Pix2PixHDSettings
    | MotionSettings
    | KeyFrameSettings
    | UNetLabelsSettings
    | PretrainedLabelsSettings
)
KINDS: Mapping[Stage, Mapping[str, type[StageSettings]]] = {
    "image": {"spade": SpadeSettings, "pix2pixhd": Pix2PixHDSettings},
    "motion": {"img2vid": MotionSettings, "key-frames": KeyFrameSettings},
    "labels": {"u-net": UNetLabelsSettings, "pretrained-u-net": PretrainedLabelsSettings},
}
"""Each stage's settings by `network.kind`; the first is meant where none is named."""


def load_settings(stage: Stage, preset: str, overrides: Mapping[str, str]) -> StageSettings:
    """Return the checked settings of a stage.

    Args:
        stage: which table of the preset is read.
        preset: a bundled preset's name, or the path of a TOML file with a table [image], [motion] or [labels].
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
    faults = [fault for key, value in overrides.items() if (fault := _override(table, key, value))]
    hint: str | None = "Mend the preset or the --set."
    try:
        settings = validate_settings(stage, table)
        if not faults:
            return settings
    except ValidationError as error:
        more, hint = tell_faults(error, _settings_of(stage, table))
        faults += more
    except SettingsError as error:
        faults, hint = [*faults, error.message], error.hint
    raise SettingsError(f"--preset {preset}, stage {stage}: {'; '.join(faults)}", hint)


def validate_settings(stage: Stage, table: Mapping[str, Any]) -> StageSettings:
    """Return the settings that a stage's table holds.

    Raises:
        pydantic.ValidationError: all that is wrong with its keys and values.
        SettingsError: a network of an unknown kind.
    """
    return _settings_of(stage, table).model_validate(table)


def _settings_of(stage: Stage, table: Mapping[str, Any]) -> type[StageSettings]:
    kinds = KINDS[stage]
    network = table.get("network")
    kind = network.get("kind", next(iter(kinds))) if isinstance(network, Mapping) else next(iter(kinds))
    if kind not in kinds:
        raise SettingsError(f"network.kind = {kind}: unknown", f"Known kinds: {', '.join(kinds)}.")
    return kinds[kind]


def _override(table: dict[str, Any], key: str, text: str) -> str | None:
    """Put a value in its place; return what is wrong with it or its key."""
    try:
        value = _toml_value(text)
    except ValueError as error:
        return f"--set {key}: {error}"
    *parents, last = key.split(".")
    for parent in parents:
        table = table.setdefault(parent, {})
        if not isinstance(table, dict):
            return f"--set {key}: {parent} is a value, not a table"
    table[last] = value
    return None


def _toml_value(text: str) -> object:
    """Return a value; text that is none of TOML's is a string.  Raises ValueError for more than one, or a huge one."""
    try:
        document = parse_toml(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text
    if len(document) > 1:
        raise ValueError("holds further lines with settings of their own; give each its --set")
    return document["value"]
