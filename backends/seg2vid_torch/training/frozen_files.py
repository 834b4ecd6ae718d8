"""Files of weights that losses need and that nothing trains: VGG's, and those of the critics' features."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from seg2vid_interface.model_card import file_sha256
from seg2vid_torch.settings.image import SpadeSettings
from seg2vid_torch.settings.loading import StageSettings
from seg2vid_torch.settings.stage import PerceptualSettings

NAMES = ("vgg_weights", "critic_weights")
"""The settings that name them."""


class FrozenFiles:
    """The files that a stage's settings ask for, some of which may have to be fetched yet."""

    def __init__(self, sources: Mapping[str, str], cache: Path | None) -> None:
        """Look for the sources, setting -> what it says.  Raises ModelError if one is not there nor can be fetched."""
        self._cache = cache
        found = {name: FIND[name](source, cache) for name, source in sources.items()}
        self.paths = {name: path for name, path in found.items() if path}
        """Setting -> file."""
        self.to_fetch = {name: sources[name] for name, path in found.items() if not path}
        """Setting -> what it says, of files that are not here yet."""

    @classmethod
    def find(cls, settings: StageSettings, cache: Path | None) -> "FrozenFiles":
        """Look for the files that losses of a weight above 0 need."""
        needed: dict[str, str | None] = {}
        if isinstance(settings, PerceptualSettings) and settings.weights.perceptual:
            needed["vgg_weights"] = settings.vgg_weights
        if isinstance(settings, SpadeSettings) and settings.weights.critics:
            needed["critic_weights"] = settings.critic_weights
        return cls({name: source for name, source in needed.items() if source}, cache)

    def fetch(self) -> None:
        """Fetch those that are not here.  Raises ModelError."""
        for name in list(self.to_fetch):
            assert self._cache
            self.paths[name] = FETCH[name](self.to_fetch.pop(name), self._cache)

    def digests(self) -> dict[str, str | None]:
        """Return the SHA-256 of each file; None if there is none, or not yet."""
        return {name: file_sha256(self.paths[name]) if name in self.paths else None for name in NAMES}

    def summary(self) -> dict[str, str]:
        """Say what is to be fetched yet."""
        return {TITLE[name]: f"to be fetched ({SIZE[name](source)})" for name, source in self.to_fetch.items()}


from seg2vid_torch.weights.vgg19 import find_vgg_weights, fetch_vgg_weights

FIND = {"vgg_weights": find_vgg_weights, "critic_weights": find_vgg_weights}
FETCH = {"vgg_weights": lambda source, cache: fetch_vgg_weights(cache)}
TITLE = {"vgg_weights": "VGG19's weights", "critic_weights": "The critics' weights"}
SIZE = {"vgg_weights": lambda s: "548 MB", "critic_weights": lambda s: "25 MB"}
