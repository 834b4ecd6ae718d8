"""Label maps for a page: the examples, that of the command line, and whatever people drop on it."""

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from seg2vid_cli.inputs.first_frames import read_first_frame
from seg2vid_cli.inputs.label_maps.format_names import label_formats
from seg2vid_cli.inputs.label_maps.layouts import LAYOUTS
from seg2vid_cli.inputs.label_maps.reading import fit_label_map, read_label_map
from seg2vid_cli.inputs.pictures.reading import PictureBytes, PictureSource
from seg2vid_cli.inputs.told_labels import tell_labels
from seg2vid_cli.studio.clips import INDICES, Sessions, Wanted
from seg2vid_cli.studio.failures import NotFoundError, RequestError
from seg2vid_cli.studio.layers import encode_png
from seg2vid_cli.studio.sharing import Studio
from seg2vid_interface.model_card import ModelCard

FOLDER = Path(__file__).parent / "scenes"
TITLES: Final = {"street": "A street", "avenue": "An avenue", "crossing": "A crossing"}
GIVEN: Final = "given"
"""Name of the command line's map among the scenes."""


@dataclass(frozen=True)
class ReadMap:
    """A label map at a model's size."""

    indices: NDArray[np.uint8]
    """(H, W) class indices."""
    read_as: str
    label_format: str
    """What `--label-format` takes for exactly this."""
    is_sure: bool
    messages: list[str]

    def data(self) -> dict[str, Any]:
        """Return what JSON says of it, with the map as a PNG."""
        height, width = self.indices.shape
        return {
            "read_as": self.read_as,
            "label_format": self.label_format,
            "sure": self.is_sure,
            "messages": self.messages,
            "height": height,
            "width": width,
            "map": base64.b64encode(encode_png(self.indices)).decode(),
        }


def listed(studio: Studio) -> list[dict[str, str]]:
    """Return the scenes that a page can begin with."""
    given = [{"id": GIVEN, "title": studio.given.name}] if studio.given else []
    return given + [{"id": name, "title": title} for name, title in TITLES.items()]


def read_scene_map(name: str, studio: Studio, card: ModelCard, size: tuple[int, int]) -> ReadMap:
    """Return a scene for a model.  Raises NotFoundError, or LabelMapError if the model cannot read it."""
    if name == GIVEN and studio.given is not None:
        source = PictureBytes(studio.given.name, studio.given.data)
        return read_map(source, studio.given.label_format, card, size)
    if name not in TITLES:
        raise NotFoundError(f"scene {name[:40]!r}: there is none of this name")
    return read_map(PictureBytes(f"{name}.png", (FOLDER / f"{name}.png").read_bytes()), "auto", card, size)


def read_map(source: PictureSource, label_format: str, card: ModelCard, size: tuple[int, int]) -> ReadMap:
    """Read a label map and bring it to a size.  Raises LabelMapError."""
    assert card.label_space is not None  # or the model would not be in the catalogue
    found = read_label_map(source, label_format, card.label_space, card.image_label_space)
    indices, message = fit_label_map(found.indices, *size)
    messages = [text for text in (found.description, message) if text]
    return ReadMap(indices, found.encoding, found.label_format, found.doubt is None, messages)


def told_map(source: PictureBytes, wanted: Wanted, sessions: Sessions) -> ReadMap:
    """Tell the label map of a photograph.  Raises ImageError, or UsageError if the backend cannot."""
    opened = sessions.open(wanted)
    picture, message = read_first_frame(source, *wanted.size, what="picture")
    indices = tell_labels(picture, wanted.card, opened.session, opened.backend)
    return ReadMap(indices, "a picture, by the model's eye", INDICES, True, [message] if message else [])


def known_format(name: str) -> str:
    """Return it if it is "auto" or names a format; a file is not taken.  Raises RequestError."""
    own, colon, layout = name.partition(":")
    if name == "auto" or (own in label_formats() and (not colon or layout in LAYOUTS)):
        return name
    raise RequestError(f"format {name[:40]!r}: there is none of this name", "`seg2vid label-formats` lists them.")
