"""The files of training: how presets are read, and whether what was read of a checkpoint is what was written."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from robustness.documents import difference
from seg2vid_torch.settings.loading import StageSettings, load_settings
from seg2vid_torch.settings.preset_files import PRESET_FOLDER, read_preset

WITHOUT_VGG = {"weights.perceptual": "0"}


def presets() -> list[bytes]:
    """Return the bundled presets, those that stand by themselves."""
    texts = [path.read_bytes() for path in sorted(PRESET_FOLDER.glob("*.toml"))]
    return [text for text in texts if not any(line.startswith(b"extends") for line in text.splitlines())]


def read_stages_of_preset(path: Path) -> dict[str, StageSettings]:
    """Return the settings of the stages that a preset has."""
    stages = [stage for stage in ("image", "motion") if stage in read_preset(str(path))]
    return {stage: load_settings(stage, str(path), WITHOUT_VGG) for stage in stages}


def preset_problem(path: Path, stages: Mapping[str, StageSettings]) -> str | None:
    """Say what is wrong with the settings that were read from a preset."""
    stated = read_preset(str(path))
    for stage in stages:
        stated[stage].get("weights", {}).pop("perceptual", None)
    return difference(
        {stage: stated[stage] for stage in stages},
        {stage: settings.model_dump(mode="json") for stage, settings in stages.items()},
    )


def state_difference(written: Any, read: Any, place: str = "") -> str | None:
    """Say where a checkpoint's state is not what was written."""
    if isinstance(written, torch.Tensor):
        same = isinstance(read, torch.Tensor) and read.dtype == written.dtype and torch.equal(read, written)
        return None if same else f"{place}: other numbers"
    if isinstance(written, dict):
        if not isinstance(read, dict) or list(written) != list(read):
            return f"{place}: other keys"
        inner = (state_difference(value, read[key], f"{place}.{key}") for key, value in written.items())
        return next((problem for problem in inner if problem), None)
    if isinstance(written, list | tuple):
        if len(written) != len(read):
            return f"{place}: another length"
        pairs = enumerate(zip(written, read, strict=True))
        return next((p for index, pair in pairs if (p := state_difference(*pair, f"{place}[{index}]"))), None)
    return None if written == read and type(written) is type(read) else f"{place}: {read!r:.60}, not {written!r:.60}"
