"""Light checkpoints: a run's weights alone, in half precision, to be sent, kept, and begun from elsewhere.

A safetensors file with the checkpoint's entries, "networks.generator.head.weight", "averaged.head.weight", ..., a sixth
of its size; its metadata hold the rest but the optimizers' state: settings, step, seed, label space, what was measured;
and hashes of the entries and of that rest, as safetensors files have no checksums.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from seg2vid_interface.documents import parse_json
from seg2vid_interface.errors import ModelError, OutputError
from seg2vid_interface.staging.replacing import replacing
from seg2vid_torch.training.checkpoint import (
    HEADER_KEYS,
    MODULE,
    STATE_KEYS,
    averaged_weights,
    check_checkpoint,
    read_checkpoint,
)
from seg2vid_torch.training.metrics_log import newest_measures
from seg2vid_torch.weights.torch_files import COPY_AGAIN, first_line, open_weights

ENDING = ".safetensors"
HEADER, DIGEST, HEADER_DIGEST = "checkpoint", "sha256", "checkpoint_sha256"  # among the metadata
NETWORKS, AVERAGED = "networks.", "averaged."


def save_light_checkpoint(checkpoint: Path, path: Path) -> None:
    """Write the light form of a run's `checkpoint.pt`.

    Raises:
        ModelError: no readable checkpoint.
        OutputError: the file cannot be written.
    """
    state = read_checkpoint(checkpoint)
    entries = {f"{NETWORKS}{name}": value for name, value in state["networks"].items()}
    entries |= {f"{AVERAGED}{name}": value for name, value in averaged_weights(state).items()}
    rest = {key: value for key, value in state.items() if key not in STATE_KEYS}
    header = json.dumps(rest | {"quality": newest_measures(checkpoint.parent, state["step"])})
    halves = {name: _half(value) for name, value in entries.items()}
    try:
        with replacing(path) as temporary:
            save_file(halves, temporary, {HEADER: header, HEADER_DIGEST: _sha256(header), DIGEST: _digest(halves)})
    except SafetensorError as error:  # which also tells of a full disk
        raise OutputError(f"{path}: cannot be written: {first_line(error)}") from None


def _digest(entries: Mapping[str, Tensor]) -> str:
    """Return the SHA-256 of the entries' names and bytes."""
    digest = hashlib.sha256()
    for name in sorted(entries):
        digest.update(name.encode())
        digest.update(entries[name].flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _half(value: Tensor) -> Tensor:
    return (value.half() if value.is_floating_point() else value).contiguous()


def read_light_checkpoint(path: Path) -> dict[str, Any]:
    """Return what `read_checkpoint` does, in float32, save that there are no optimizers.

    Raises:
        ModelError: no such file, or not a light checkpoint.
    """
    entries, header = _read(path)
    if header is None or not header.keys() >= HEADER_KEYS:
        raise ModelError(f"{path}: holds weights, but not the settings that they were trained with")
    weights = _split(entries)
    averaged = {f"{MODULE}{name}": value for name, value in weights["averaged"].items()}
    state = {**header, "networks": weights["networks"], "averaged": averaged, "optimizers": {}}
    check_checkpoint(state, path)
    return state


def read_light_weights(path: Path) -> dict[str, dict[str, Tensor]]:
    """Return the entries of a light checkpoint, "networks" and "averaged", in float32; settings are not asked for.

    Raises:
        ModelError: no such file, or it has no such entries.
    """
    return _split(_read(path)[0])


def _read(path: Path) -> tuple[dict[str, Tensor], dict[str, Any] | None]:
    """Return the entries of a light checkpoint, in float32, and its header; None if it has none.  Raises ModelError."""
    try:
        open_weights(path, "light checkpoint").close()
        with safe_open(path, "pt") as file:
            entries = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # it is no mapping
            metadata: Mapping[str, str] = file.metadata() or {}
        text = metadata.get(HEADER, "null")
        header = parse_json(text)
    except FileNotFoundError:
        raise ModelError(f"{path}: no light checkpoint there") from None
    except (OSError, SafetensorError, ValueError) as error:
        raise ModelError(f"{path}: not a readable light checkpoint: {first_line(error)}", COPY_AGAIN) from None
    if not any(name.startswith(NETWORKS) for name in entries):
        raise ModelError(
            f"{path}: not a light checkpoint: it has no entries {NETWORKS}X, but {next(iter(entries), 'none')}",
            "A model's own weights are begun from by its folder.",
        )
    for what, key, digest in (("settings", HEADER_DIGEST, _sha256(text)), ("entries", DIGEST, _digest(entries))):
        if metadata.get(key, digest) != digest:
            raise ModelError(f"{path}: damaged: the hash of its {what} is another", COPY_AGAIN)
    floats = {name: value.float() if value.is_floating_point() else value for name, value in entries.items()}
    return floats, header if isinstance(header, dict) else None


def _split(entries: Mapping[str, Tensor]) -> dict[str, dict[str, Tensor]]:
    return {
        part: {name.removeprefix(begin): value for name, value in entries.items() if name.startswith(begin)}
        for part, begin in (("networks", NETWORKS), ("averaged", AVERAGED))
    }
