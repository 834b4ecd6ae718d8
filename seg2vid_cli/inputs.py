"""What clips are made from: label maps and first frames, paired, read and brought to the model's size."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seg2vid_cli.first_frames import match_first_frames, read_first_frame
from seg2vid_cli.label_maps import fit_label_map, read_label_map
from seg2vid_interface.errors import UsageError
from seg2vid_interface.label_spaces import LabelSpace


@dataclass(frozen=True)
class Input:
    """The files that one scene is read from."""

    label_map: Path | None
    """None for a model without labels."""
    first_frame: Path | None
    """None if the image stage is to make it."""

    @property
    def source(self) -> Path | None:
        """The file that gives the results their names."""
        return self.label_map or self.first_frame


@dataclass(frozen=True)
class Scene:
    """One input, read and brought to the model's size (H, W)."""

    label_map: NDArray[np.uint8] | None
    """(H, W) class indices."""
    first_frame: NDArray[np.uint8] | None
    """(H, W, 3) RGB."""
    messages: tuple[str, ...]
    """What was found, for the user."""


def pair_inputs(label_maps: Sequence[Path], first_frame: Path | None) -> list[Input]:
    """Pair label maps with `--first-frame`: a picture, or a folder of pictures that have the label maps' stems.

    Raises:
        UsageError: one picture for several label maps.
        ImageError: the folder lacks a picture, or has several for one label map.
    """
    if first_frame is None:
        return [Input(label_map, None) for label_map in label_maps or (None,)]
    if label_maps and first_frame.is_dir():
        return [Input(*pair) for pair in zip(label_maps, match_first_frames(first_frame, label_maps), strict=True)]
    if len(label_maps) > 1:
        raise UsageError(
            f"--first-frame {first_frame}: one picture for {len(label_maps)} label maps",
            "Give a folder of pictures that are named like the label maps.",
        )
    return [Input(label_maps[0] if label_maps else None, first_frame)]


def check_inputs(label_maps: Sequence[Path], model: str, label_space: LabelSpace | None) -> None:
    """Raise UsageError if a model misses its label map, or gets one that it has no use for."""
    if label_space is not None and not label_maps:
        raise UsageError("LABEL is missing", f"The model {model} makes clips from label maps.")
    if label_space is None and label_maps:
        raise UsageError(f"{label_maps[0]}: the model {model} takes no label map", "Leave LABEL out.")


def read_scene(paths: Input, label_format: str, label_space: LabelSpace | None, height: int, width: int) -> Scene:
    """Read an input for a model of this label space, height and width.

    Raises:
        LabelMapError, ImageError: a file cannot be read or understood.
        UsageError, SettingsError: `label_format` is unknown, or a wrong file.
    """
    label_map, first_frame = None, None
    messages: list[str] = []
    if paths.label_map is not None and label_space is not None:
        found = read_label_map(paths.label_map, label_format, label_space)
        label_map, aspect_message = fit_label_map(found.indices, height, width)
        messages = [f"{paths.label_map}: {message}" for message in (found.encoding, aspect_message) if message]
    if paths.first_frame is not None:
        first_frame, aspect_message = read_first_frame(paths.first_frame, height, width)
        messages += [f"{paths.first_frame}: {aspect_message}"] if aspect_message else []
    return Scene(label_map, first_frame, tuple(messages))
