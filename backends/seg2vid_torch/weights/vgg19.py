"""VGG19's weights for the perceptual losses, which seg2vid does not come with.

They are torchvision's, learned on ImageNet; any file with the entries "features.0.weight", "features.0.bias", ...
will do.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal
from urllib.error import HTTPError
from urllib.parse import urlsplit

import torch
from torch import Tensor

from seg2vid_interface.errors import ModelError
from seg2vid_torch.networks.vgg19 import Vgg19
from seg2vid_torch.weights.torch_files import read_torch_file

DOWNLOAD = "download"
FOLDER = "weights"  # within the cache
URL = "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth"  # the name ends with the beginning of the SHA-256
DOWNLOAD_SIZE = "548 MB"
SHOWN = 3  # entries named in a message


def find_vgg_weights(source: str, cache: Path | None = None) -> Path | None:
    """Return the file that the setting `vgg_weights` means; None if that is the one that `fetch_vgg_weights` fetches.

    "download" means the file in the folder `cache`, where it is fetched once.

    Raises:
        ModelError: no such file.
    """
    if cache and source == DOWNLOAD:
        kept = _kept_file(URL, cache / FOLDER)
        return kept if kept.exists() else None
    path = Path(source)
    if not path.is_file():
        raise ModelError(
            f"vgg_weights = {source}: no such file", f"Name a file of VGG19's weights, or {DOWNLOAD} to fetch them."
        )
    return path


def fetch_vgg_weights(cache: Path) -> Path:
    """Fetch VGG19's weights into the cache folder; see `fetch`."""
    return fetch(URL, cache / FOLDER)


def fetch(url: str, folder: Path) -> Path:
    """Return the folder's file of the URL's name, NAME-HASH.pth, fetched if it is not there.

    Raises:
        ModelError: it cannot be fetched or kept, or its SHA-256 does not begin with HASH.
    """
    path = _kept_file(url, folder)
    if path.exists():
        return path
    expected = path.stem.rpartition("-")[2]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Writes under another name until all is there and the hash is right.
        torch.hub.download_url_to_file(url, str(path), hash_prefix=expected, progress=False)
    except (OSError, RuntimeError) as error:
        if isinstance(error, HTTPError):
            error.close()  # the server's answer, which nobody will read
        raise ModelError(
            f"{url}: cannot be fetched to {folder}: {error}", "Fetch it by other means, and set vgg_weights=FILE."
        ) from error
    return path


def _kept_file(url: str, folder: Path) -> Path:
    return folder / Path(urlsplit(url).path).name


def load_vgg19(
    path: Path,
    device: torch.device,
    *,
    maps: int = 12,
    pooling: Literal["average", "maximum"] = "average",
) -> Vgg19:
    """Return VGG19 with the file's weights, which are not trained; entries that it does not have are left out.

    Args:
        path: what `torch.save` wrote, or a .safetensors file.
        device: where the network is to be.
        maps: see `Vgg19`; the default, like that of `pooling`, is what seg2vid's paper has.
        pooling: likewise.

    Raises:
        ModelError: not a readable file, or not one of VGG19's weights.
    """
    network = Vgg19(maps, pooling)
    needed, entries = network.state_dict(), _read(path)
    missing = [name for name in needed if name not in entries]
    if missing:
        raise _foreign(path, f"it lacks {_listed(missing)}")
    odd = [
        f"{name} is {_shape(entries[name])} instead of {_shape(values)}"
        for name, values in needed.items()
        if _shape(entries[name]) != _shape(values)
    ]
    if odd:
        raise _foreign(path, _listed(odd))
    network.load_state_dict({name: entries[name] for name in needed})
    return network.eval().requires_grad_(False).to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stub lacks it


def _read(path: Path) -> Mapping[str, Tensor]:
    if path.suffix != ".safetensors":
        entries = read_torch_file(path, "file of weights")
        return entries if isinstance(entries, Mapping) else {}
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise ModelError(f"{path}: not a readable file of weights: {error}") from None


def _shape(entry: object) -> tuple[int, ...] | str:
    return tuple(entry.shape) if isinstance(entry, Tensor) else "no tensor"


def _listed(problems: list[str]) -> str:
    more = f" and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
    return ", ".join(problems[:SHOWN]) + more


def _foreign(path: Path, problem: str) -> ModelError:
    return ModelError(f"{path}: not VGG19's weights: {problem}", f"Use torchvision's, {URL}.")
