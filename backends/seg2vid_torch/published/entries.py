"""The entries of a published checkpoint, held against those of the network that it ought to be."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from seg2vid_interface.backend import Stage
from seg2vid_interface.errors import ModelError
from seg2vid_interface.label_spaces import LabelSpace
from seg2vid_torch.networks.build import Pix2PixHDGenerator
from seg2vid_torch.networks.img2vid.img2vid import Img2Vid
from seg2vid_torch.published.names import NOT_NEEDED, Modules
from seg2vid_torch.settings.image import Pix2PixHDNetworkSettings
from seg2vid_torch.settings.motion import MotionNetworkSettings
from seg2vid_torch.weights.entries import listed

COUNTER = ".num_batches_tracked"  # batch norm had none before PyTorch 0.4.1, and evaluation does without
STATISTICS = (".running_mean", ".running_var", COUNTER)

Entries = Mapping[str, Tensor]
"""Published name -> values."""


@dataclass(frozen=True)
class PublishedNetwork:
    """What a checkpoint seems to be."""

    title: str
    """For messages and the card."""
    stage: Stage
    settings: MotionNetworkSettings | Pix2PixHDNetworkSettings
    network: Img2Vid | Pix2PixHDGenerator
    """On the meta device: names and shapes alone."""
    modules: Modules
    label_space: LabelSpace
    height: int
    width: int
    frames_per_second: float | None


def side(entries: Entries, name: str, axis: int, otherwise: int) -> int:
    """Return one side of an entry's shape; `otherwise`, the published one, if it has none (`check_entries` tells)."""
    return entries[name].shape[axis] if name in entries and axis < entries[name].ndim else otherwise


def published_names(published: PublishedNetwork) -> dict[str, str]:
    """Return our entry -> the published one, for every entry of the network."""
    theirs = {ours: module for module, ours in published.modules.items()}
    split = {name: name.rpartition(".") for name in published.network.state_dict()}
    return {name: f"{theirs[module]}.{entry}" for name, (module, _, entry) in split.items()}


def check_entries(entries: Entries, published: PublishedNetwork, path: Path) -> None:
    """Check that a checkpoint has every entry of its network, in its shape, and no others that matter.

    Raises:
        ModelError: it has not; names the first entries of every fault.
    """
    own = published.network.state_dict()
    shapes = {theirs: tuple(own[ours].shape) for ours, theirs in published_names(published).items()}
    missing = [name for name in shapes if name not in entries and not name.endswith(COUNTER)]
    surplus = [name for name in entries if name not in shapes and not _is_idle(name, entries)]
    common = [name for name in entries if name in shapes]
    wrong = [name for name in common if tuple(entries[name].shape) != shapes[name]]
    infinite = [name for name in common if not torch.isfinite(entries[name]).all()]
    problems = [
        *_problem("lacks {}", missing),
        *_problem("holds {}, which is not of it", surplus),
        *_problem("{}", wrong, lambda name: f"{name} is {tuple(entries[name].shape)}, not {shapes[name]}"),
        *_problem("holds numbers that are not finite in {}", infinite),
    ]
    if problems:
        raise ModelError(
            f"{path}: not a whole checkpoint of {published.title}: {'; '.join(problems)}",
            "Fetch or copy it again; other networks than the published ones cannot be exported.",
        )


def _is_idle(name: str, entries: Entries) -> bool:
    """Say whether an entry has no part in what the network computes.

    Before PyTorch 0.4, instance norm without weights had statistics too, and did not use them.
    """
    module = name.rpartition(".")[0]
    return name.startswith(NOT_NEEDED) or (name.endswith(STATISTICS) and f"{module}.weight" not in entries)


def _problem(text: str, names: Sequence[str], say: Callable[[str], str] = str) -> list[str]:
    return [text.format(listed([say(name) for name in names]))] if names else []
