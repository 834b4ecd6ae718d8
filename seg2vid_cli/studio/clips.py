"""From settings and a label map to a clip: the same steps as `seg2vid generate`, on a session that stays open."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from seg2vid_cli.files.cache import graph_cache
from seg2vid_cli.generation.look import Look
from seg2vid_cli.generation.scene_clip import SceneClip
from seg2vid_cli.inputs.cameras import check_camera, read_camera
from seg2vid_cli.inputs.pictures.given import given_picture
from seg2vid_cli.inputs.pictures.reading import PictureSource
from seg2vid_cli.inputs.scenes import GivenScene, read_scene
from seg2vid_cli.inputs.styles import check_style
from seg2vid_cli.model_store.store import DEFAULT_MODEL
from seg2vid_cli.plugins import OpenedSession, open_session
from seg2vid_cli.studio.catalogue import Catalogue
from seg2vid_cli.studio.failures import RequestError
from seg2vid_cli.studio.settings import Settings
from seg2vid_interface.backend import OpenOptions
from seg2vid_interface.model_card import ModelCard, ModelFolder
from seg2vid_interface.sizes import choose_size

INDICES: Final = "train-ids:ids"
"""What `--label-format` takes for a map of the model's class indices."""
MOST_SESSIONS = 2
"""Models that stay open; with a third the one that was used longest ago is closed."""


@dataclass(frozen=True)
class Defaults:
    """What the studio's own flags say, for settings that leave it out."""

    backend: str = "auto"
    device: str = "auto"
    precision: str = "auto"


@dataclass(frozen=True)
class Wanted:
    """Settings with all that they leave out, which the model can take."""

    name: str
    """Of the model, as `--model` takes it."""
    model: ModelFolder
    settings: Settings
    backend: str
    device: str
    precision: str
    size: tuple[int, int]
    frames: int
    frames_per_second: float

    @property
    def card(self) -> ModelCard:
        """The model's."""
        return self.model.card

    def flags(self, label_format: str) -> list[str]:
        """Return `seg2vid generate`'s flags that say the same, but for where the clip goes."""
        settings, card = self.settings, self.card
        flags = {
            "--model": (self.name, DEFAULT_MODEL),
            "--label-format": (label_format, "auto"),
            "--size": ("{}x{}".format(*self.size), f"{card.height}x{card.width}"),
            "--frames": (self.frames, card.frames),
            "--fps": (f"{self.frames_per_second!r}", f"{card.frames_per_second!r}"),
            "--seed": (settings.seed, 0),
            "--style": (settings.style, None),
            "--camera": (settings.camera, None),
            "--backend": (self.backend, "auto"),
            "--device": (self.device, "auto"),
            "--precision": (self.precision, "auto"),
        }
        return [word for flag, (value, usual) in flags.items() if value != usual for word in (flag, str(value))]


def wanted(settings: Settings, catalogue: Catalogue, defaults: Defaults) -> Wanted:
    """Return what settings mean.  Raises NotFoundError, and UsageError for what the model cannot take."""
    name, model = catalogue.find(settings.model)
    card = model.card
    check_style(settings.style, None, card)
    check_camera(settings.camera, card)
    return Wanted(
        name,
        model,
        settings,
        settings.backend or defaults.backend,
        defaults.device,
        defaults.precision,
        choose_size(card.sizes, settings.height_width, (card.height, card.width)),
        settings.frames or (card.frames if "motion" in card.stages else 1),
        settings.fps or card.frames_per_second,
    )


def drawn_map(payload: bytes, size: tuple[int, int]) -> PictureSource:
    """Return the picture of class indices that a page sends row by row.  Raises RequestError for another size."""
    if len(payload) != size[0] * size[1]:
        raise RequestError(
            f"the map has {len(payload)} bytes, not {size[0]} x {size[1]}", "Send a class index for every pixel."
        )
    indices: NDArray[np.uint8] = np.frombuffer(payload, np.uint8).reshape(size)
    return given_picture("map", Image.fromarray(indices))


class Sessions:
    """The models that are open, for the worker's thread alone."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        """`tell` is given what the backends say when they open a model."""
        self._tell = tell
        self._opened: dict[tuple[object, ...], OpenedSession] = {}

    def open(self, wanted: Wanted) -> OpenedSession:
        """Return a session for a clip, opened if need be.  Raises as `open_session` does."""
        key = (wanted.name, wanted.backend, wanted.device, wanted.precision, wanted.size)
        opened = self._opened.pop(key, None)
        if opened is None:
            while len(self._opened) >= MOST_SESSIONS:
                self._opened.pop(next(iter(self._opened))).session.close()
            options = OpenOptions(wanted.device, wanted.precision, wanted.size, graph_cache())
            opened = open_session(wanted.backend, wanted.model, options, self._tell)
        self._opened[key] = opened  # the last one now
        return opened

    def close(self) -> None:
        """Close all of them."""
        while self._opened:
            self._opened.popitem()[1].session.close()

    def clip(self, wanted: Wanted, label_map: PictureSource, label_format: str, frames: int | None = None) -> SceneClip:
        """Return the clip of a label map, `frames` long if that is given.

        Raises:
            LabelMapError: the map cannot be understood.
            Seg2VidError: as `open_session`.
        """
        scene = read_scene(GivenScene(label_map, None), label_format, wanted.card, *wanted.size)
        settings = wanted.settings
        return SceneClip(
            session=self.open(wanted).session,
            card=wanted.card,
            scene=scene,
            seed=settings.seed,
            sample=settings.sample,
            frames=frames or wanted.frames,
            frames_per_second=wanted.frames_per_second,
            look=Look(seed=settings.style),
            camera=None if settings.camera is None else read_camera(settings.camera),
        )
