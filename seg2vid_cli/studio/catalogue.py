"""The models that the studio can open, by the names that a page may give them."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from seg2vid_cli.inputs.camera_names import CAMERA_NAMES
from seg2vid_cli.model_store.listing import list_models
from seg2vid_cli.model_store.store import open_model
from seg2vid_cli.plugins import backend_names
from seg2vid_cli.studio.failures import NotFoundError
from seg2vid_cli.studio.settings import MOST_PIXELS
from seg2vid_interface.errors import UsageError
from seg2vid_interface.model_card import ModelCard, ModelFolder

_FACTORS = (1, 1.5, 2, 3, 4)
"""Of a model's own sides: the sizes that a page offers."""


@dataclass(frozen=True)
class Catalogue:
    """What `--model` was given, and all models that were there when the studio began."""

    selected: str
    """As `--model` takes it."""

    @cached_property
    def models(self) -> dict[str, ModelFolder]:
        """Name -> model, those that paint label maps alone, the selected one first.

        Raises ModelError, or UsageError if the selected one does not.
        """
        selected = open_model(self.selected)
        if problem := _problem(selected.card):
            raise UsageError(f"--model {self.selected}: {problem}", "The studio paints label maps: take another model.")
        listed = {found.name: found.model for found in list_models() if found.model and not found.problem}
        fitting = {name: model for name, model in listed.items() if _problem(model.card) is None}
        return {self.selected: selected} | {name: model for name, model in fitting.items() if name != self.selected}

    def find(self, name: str | None) -> tuple[str, ModelFolder]:
        """Return the model of a name, None for the selected one, and the name as `--model` takes it.

        Raises NotFoundError: a page names no folder, so that it cannot reach any file.
        """
        name = self.selected if name is None else name
        if name not in self.models:
            raise NotFoundError(f"model {name!r}: there is none of this name", f"Known: {', '.join(self.models)}.")
        return name, self.models[name]

    def described(self) -> list[dict[str, Any]]:
        """Return what a page needs to know of the models."""
        backends = ["auto", *backend_names()]
        return [_described(name, model.card) | {"backends": backends} for name, model in self.models.items()]


def _problem(card: ModelCard) -> str | None:
    """Say why a model cannot be drawn for; None if it can."""
    if card.label_space is None:
        return "it takes no label map"
    return None if "image" in card.stages else "it has no image stage, so it needs a first frame"


def _described(name: str, card: ModelCard) -> dict[str, Any]:
    space, moves, drives = card.label_space, "motion" in card.stages, card.camera is not None
    assert space is not None  # or it would not be among the models
    return {
        "name": name,
        "description": card.description,
        "licence": card.licence,
        "height": card.height,
        "width": card.width,
        "sizes": sizes(card),
        "frames": card.frames if moves else 1,
        "frames_per_second": card.frames_per_second,
        "chunk_frames": card.chunk_frames,
        "default_backend": "auto",
        "cameras": list(CAMERA_NAMES) if drives else [],
        "abilities": {
            "labels": moves,
            "flow": moves,
            "occlusion": moves,
            "depth": moves and drives,
            "boxes": moves and drives,
            "camera": moves and drives,
            "style": card.style_size > 0,
            "segments": card.segments,
        },
        "classes": [
            {"index": index, "name": own.name, "color": list(own.color), "foreground": own.foreground}
            for index, own in enumerate(space.classes)
        ],
        "other": space.other,
    }


def sizes(card: ModelCard) -> list[list[int]]:
    """Return heights and widths of about the model's own aspect ratio that it can take, the smallest first."""
    found = {card.sizes.nearest(round(card.height * f), round(card.width * f))[0] for f in _FACTORS}
    return [list(size) for size in sorted(found | {(card.height, card.width)}) if size[0] * size[1] <= MOST_PIXELS]
