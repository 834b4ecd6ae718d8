"""What clips are made from: label maps, first frames and instances, paired, read and brought to the model's size."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from seg2vid_cli.inputs.conditions import ImageConditions, image_conditions
from seg2vid_cli.inputs.first_frames import match_first_frames, read_first_frame
from seg2vid_cli.inputs.instances import match_instances, read_instances
from seg2vid_cli.inputs.label_maps.formats import Spaces, formats_named
from seg2vid_cli.inputs.label_maps.reading import fit_label_map, read_label_map, resize_nearest
from seg2vid_cli.inputs.pictures.reading import PictureSource
from seg2vid_cli.inputs.stdin import NAME as STDIN_NAME
from seg2vid_cli.inputs.stdin import STDIN, read_stdin
from seg2vid_cli.inputs.told_labels import tell_labels
from seg2vid_interface.errors import UsageError

if TYPE_CHECKING:
    from seg2vid_interface.backend import Session
    from seg2vid_interface.model_card import ModelCard

_NOWHERE_ELSE: Mapping[Path, Path] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Input:
    """The files that one scene is read from."""

    label_map: Path | None
    """None for a model without labels; STDIN for what comes that way."""
    first_frame: Path | None
    """None if the image stage is to make it."""
    instances: Path | None = None
    """None if the label map is to tell them."""

    @property
    def source(self) -> Path | None:
        """The file that gives the results their names."""
        return self.label_map or self.first_frame

    def files(self) -> list[Path]:
        """Return all of them that are files."""
        return [path for path in (self.label_map, self.first_frame, self.instances) if path not in {None, STDIN}]

    def given(self) -> "GivenScene":
        """Return what is to be read.  Standard input is read at once, and raises LabelMapError if it cannot be."""
        label_map = read_stdin() if self.label_map == STDIN else self.label_map
        return GivenScene(label_map, self.first_frame, self.instances)


@dataclass(frozen=True)
class GivenScene:
    """The same, where a program hands pictures over."""

    label_map: PictureSource | None
    first_frame: PictureSource | None
    instances: PictureSource | None = None


@dataclass(frozen=True)
class Scene:
    """One input, read and brought to the model's size (H, W)."""

    label_map: NDArray[np.uint8] | None
    """(H, W) class indices."""
    first_frame: NDArray[np.uint8] | None
    """(H, W, 3) RGB."""
    image: ImageConditions
    """What the image stage sees beside."""
    messages: tuple[str, ...]
    """What was found, for the user."""
    instances: NDArray[np.uint16] | None = None
    """(H, W) ids of the things; None if none were given."""
    name: str = "label map"
    """What messages call the label map."""

    def lacks_labels(self, card: "ModelCard") -> bool:
        """Whether the label map is still to be told, from the first frame."""
        return self.label_map is None and card.label_space is not None

    def with_labels(self, card: "ModelCard", session: "Session", backend: str) -> "Scene":
        """Return it with the label map that a session tells from the first frame.  Raises what `tell_labels` raises."""
        assert self.first_frame is not None  # or `check_inputs` would have refused it
        return replace(self, label_map=tell_labels(self.first_frame, card, session, backend))


def pair_inputs(
    label_maps: Sequence[Path],
    first_frame: Path | None,
    instances: Path | None = None,
    places: Mapping[Path, Path] = _NOWHERE_ELSE,
) -> list[Input]:
    """Pair label maps with `--first-frame` and `--instances`: a picture, or a folder of those with the maps' stems.

    A folder may hold folders as those lie in which the label maps were found, and the pictures in these.

    Args:
        label_maps: all of a run.
        first_frame: as it was given.
        instances: likewise.
        places: label map -> the folder in which it was found, as seen from the one that was searched.

    Raises:
        UsageError: one picture for several label maps.
        ImageError: a folder lacks a picture, or has several for one label map.
    """
    first_frames = _paired(label_maps, places, first_frame, "--first-frame", match_first_frames)
    ids = _paired(label_maps, places, instances, "--instances", match_instances)
    return [Input(*files) for files in zip(label_maps or (None,), first_frames, ids, strict=True)]


def _paired(
    label_maps: Sequence[Path],
    places: Mapping[Path, Path],
    given: Path | None,
    flag: str,
    match: Callable[[Path, Sequence[Path]], list[Path]],
) -> Sequence[Path | None]:
    """Return the picture of each label map, or one if there is no label map; None where none is given."""
    if given is None:
        return [None] * (len(label_maps) or 1)
    if label_maps and given.is_dir():
        return _matched(label_maps, places, given, flag, match)
    if len(label_maps) > 1:
        raise UsageError(
            f"{flag} {given}: one picture for {len(label_maps)} label maps",
            "Give a folder of pictures that are named like the label maps.",
        )
    return [given]


def _matched(
    label_maps: Sequence[Path],
    places: Mapping[Path, Path],
    given: Path,
    flag: str,
    match: Callable[[Path, Sequence[Path]], list[Path]],
) -> list[Path]:
    if STDIN in label_maps:
        raise UsageError(
            f"{flag} {given}: a folder's pictures are found by name, and {STDIN_NAME} has none", "Name the picture."
        )
    by_folder: dict[Path, list[Path]] = {}
    for path in label_maps:
        place = given / places.get(path, Path())
        by_folder.setdefault(place if place.is_dir() else given, []).append(path)
    pictures: dict[Path, Path] = {}
    for folder, paths in by_folder.items():
        pictures |= zip(paths, match(folder, paths), strict=True)
    owners: dict[Path, Path] = {}
    for path, picture in pictures.items():
        if places.get(owners.setdefault(picture, path)) != places.get(path):
            raise UsageError(
                f"{flag} {given}: {picture.name} would belong to both {owners[picture]} and {path}",
                "Lay the pictures in folders that are named as the label maps' are.",
            )
    return [pictures[path] for path in label_maps]


def check_label_format(label_format: str, card: "ModelCard") -> None:
    """Raise UsageError or SettingsError if there is no such format, or its file is wrong; no picture is read."""
    if card.label_space is not None and label_format != "auto":
        formats_named(label_format, Spaces(card.label_space))


def check_inputs(
    label_maps: Sequence[PictureSource],
    first_frame: PictureSource | None,
    card: "ModelCard",
    instances: PictureSource | None = None,
) -> None:
    """Raise UsageError if a model misses its label map or first frame, or gets something that it has no use for."""
    if card.label_space is not None and not label_maps:
        _check_told(first_frame, card, instances)
    if card.label_space is None and label_maps:
        raise UsageError(f"{label_maps[0]}: the model {card.name} takes no label map", "Leave LABEL out.")
    if "image" not in card.stages and first_frame is None:
        raise UsageError(
            "--first-frame is missing", f"The model {card.name} has no image stage: it goes on from a picture."
        )
    if instances is None or card.camera is not None:  # which tells by them what moves
        return
    if not (card.instance_edges and "image" in card.stages):
        raise UsageError(f"--instances {instances}: the model {card.name} sees no instances", "Leave it out.")
    if first_frame is not None:
        raise UsageError(
            f"--instances {instances}: only the image stage sees them, and the first frame is given", "Leave one out."
        )


def _check_told(first_frame: PictureSource | None, card: "ModelCard", instances: PictureSource | None) -> None:
    """Raise UsageError unless the label map that is missing can be told from the first frame."""
    if first_frame is None:
        also = ", or from a picture given with --first-frame" if card.segments else ""
        raise UsageError("LABEL is missing", f"The model {card.name} makes clips from label maps{also}.")
    if not card.segments:
        raise UsageError(
            "LABEL is missing",
            f"The model {card.name} makes clips from label maps, and cannot tell one from a picture.",
        )
    if instances is not None:
        raise UsageError(f"--instances {instances}: are those of a label map, and none is given", "Give LABEL too.")


def read_scene(paths: Input | GivenScene, label_format: str, card: "ModelCard", height: int, width: int) -> Scene:
    """Read an input for the model of this card, opened at this height and width.

    Raises:
        LabelMapError, ImageError: a file cannot be read or understood.
        UsageError, SettingsError: `label_format` is unknown, or a wrong file.
    """
    label_map, first_frame, instances, image = None, None, None, ImageConditions()
    messages: list[str] = []
    if paths.label_map is not None and card.label_space is not None:
        found = read_label_map(paths.label_map, label_format, card.label_space, card.image_label_space)
        label_map, aspect_message = fit_label_map(found.indices, height, width)
        messages = [f"{paths.label_map}: {message}" for message in (found.description, aspect_message) if message]
        ids = read_instances(paths.instances, found.indices.shape) if paths.instances else found.instances
        image = image_conditions(card, found.image_indices, ids, (height, width))
        instances = None if ids is None else resize_nearest(ids, height, width)
    if paths.first_frame is not None:
        first_frame, aspect_message = read_first_frame(paths.first_frame, height, width, grey=card.grey)
        messages += [f"{paths.first_frame}: {aspect_message}"] if aspect_message else []
    if paths.label_map is None and card.label_space is not None:
        messages.append(f"{paths.first_frame}: no label map is given, so the model tells it from the picture")
    name = paths.first_frame if paths.label_map is None else paths.label_map
    return Scene(label_map, first_frame, image, tuple(messages), instances, str(name))
