"""Files of others' weights: VGG's and the critics' features', which nothing trains, and those that an encoder has."""

from collections.abc import Mapping
from pathlib import Path

from seg2vid_interface.model_card import file_sha256
from seg2vid_torch.settings.image import SpadeSettings
from seg2vid_torch.settings.labels import PretrainedLabelsSettings
from seg2vid_torch.settings.loading import StageSettings
from seg2vid_torch.settings.stage import PerceptualSettings
from seg2vid_torch.weights.downloads import DOWNLOADS, Download, find_weights


class FrozenFiles:
    """The files that a stage's settings ask for, some of which may have to be fetched yet."""

    def __init__(self, sources: Mapping[str, str], cache: Path | None) -> None:
        """Look for the sources, setting -> what it says.  Raises ModelError if one is neither there nor known."""
        found = {setting: find_weights(setting, source, cache) for setting, source in sources.items()}
        self.paths = {setting: path for setting, path in found.items() if path}
        """Setting -> file."""
        self.to_fetch: dict[str, Download] = {
            setting: DOWNLOADS[setting][sources[setting]] for setting, path in found.items() if not path
        }
        """Setting -> what is to be fetched."""
        self._cache = cache

    @classmethod
    def find(cls, settings: StageSettings, cache: Path | None) -> "FrozenFiles":
        """Look for the files that losses of a weight above 0 need, or what is to begin with them."""
        needed: dict[str, str | None] = {}
        if isinstance(settings, PerceptualSettings) and settings.weights.perceptual:
            needed["vgg_weights"] = settings.vgg_weights
        if isinstance(settings, SpadeSettings) and settings.weights.critics:
            needed["critic_weights"] = settings.critic_weights
        if isinstance(settings, PretrainedLabelsSettings) and settings.initial is None:
            needed["encoder_weights"] = settings.encoder_weights
        return cls({setting: source for setting, source in needed.items() if source}, cache)

    def fetch(self) -> None:
        """Fetch those that are not here.  Raises ModelError."""
        for setting, download in self.to_fetch.items():
            assert self._cache  # or nothing would be known as a download
            self.paths[setting] = download.fetch(self._cache)
        self.to_fetch = {}

    def digests(self) -> dict[str, str | None]:
        """Return the SHA-256 of each file; None if there is none, or not yet."""
        return {name: file_sha256(self.paths[name]) if name in self.paths else None for name in DOWNLOADS}

    def summary(self) -> dict[str, str]:
        """Say what is to be fetched yet."""
        return {download.title: f"to be fetched ({download.size})" for download in self.to_fetch.values()}
