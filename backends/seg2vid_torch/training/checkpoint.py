"""Checkpoints: everything that a run needs to go on as if it had never stopped."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeGuard

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from torch import Tensor

from seg2vid_interface.backend import Stage
from seg2vid_interface.errors import ModelError, TrainingError
from seg2vid_interface.staging.replacing import replacing
from seg2vid_interface.validation import problems_of
from seg2vid_torch.training.optimizers import restore_optimizer
from seg2vid_torch.training.stage import StageTraining
from seg2vid_torch.weights.torch_files import COPY_AGAIN, first_line, read_torch_file

CHECKPOINT_NAME = "checkpoint.pt"
HEADER_KEYS = {"stage", "preset", "seed", "settings", "label_space", "step"}
STATE_KEYS = {"networks", "averaged", "optimizers"}
MODULE = "module."  # begins the averaged network's entries


class _Types(BaseModel):
    """What a checkpoint holds, so far as others read it."""

    model_config = ConfigDict(strict=True, arbitrary_types_allowed=True)

    stage: Stage
    preset: str
    seed: int
    settings: dict[str, Any]
    label_space: dict[str, Any]
    step: int = Field(ge=0)
    seconds: float = Field(default=0, ge=0, allow_inf_nan=False)
    networks: dict[str, Tensor]
    averaged: dict[str, Tensor]
    optimizers: dict[str, dict[str, Any]]


def save_checkpoint(run: Path, stage: StageTraining, header: dict[str, Any]) -> None:
    """Replace the run's checkpoint in one step, so that a fault leaves the old one.

    `header` holds plain values: stage, step, seconds, settings, ...

    Raises:
        TrainingError: a weight is not finite.
        OutputError: the file cannot be written.
    """
    _check_finite(stage, header["step"])
    state = {
        **header,
        "networks": stage.networks.state_dict(),
        "averaged": stage.averaged.state_dict(),
        "optimizers": {name: optimizer.state_dict() for name, optimizer in stage.optimizers.items()},
    }
    with replacing(run / CHECKPOINT_NAME) as temporary, temporary.open("wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())  # or a power cut could leave the new name with nothing behind it


def _check_finite(stage: StageTraining, step: int) -> None:
    finite = torch.stack([parameter.detach().isfinite().all() for parameter in stage.networks.parameters()])
    if not finite.all():
        names = [name for name, _ in stage.networks.named_parameters()]
        raise TrainingError(
            f"step {step}: the weight {names[int(finite.int().argmin())]} is no longer finite",
            "The last checkpoint is kept. Try a lower learning_rate, or --precision fp32.",
        )


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint onto the CPU without unpickling code.

    Raises:
        ModelError: no such file, not a checkpoint of seg2vid, or a damaged one.
    """
    state = read_torch_file(path, "checkpoint")
    if not is_checkpoint(state):
        raise ModelError(f"{path}: not a checkpoint written by seg2vid train")
    check_checkpoint(state, path)
    return state


def is_checkpoint(state: object) -> TypeGuard[dict[str, Any]]:
    """Say whether this has the keys of what `save_checkpoint` writes."""
    return isinstance(state, dict) and state.keys() >= HEADER_KEYS | STATE_KEYS


def check_checkpoint(state: Mapping[str, Any], path: Path) -> None:
    """Raise ModelError if the values of what `is_checkpoint` are not of the right kinds; `path` is where it is from."""
    try:
        _Types.model_validate(dict(state))
    except ValidationError as error:
        raise ModelError(f"{path}: a damaged checkpoint: {problems_of(error)[0]}", COPY_AGAIN) from None


def averaged_weights(state: Mapping[str, Any]) -> dict[str, Tensor]:
    """Return the entries of a checkpoint's averaged network, by the names that they have in the network itself."""
    named = state["averaged"].items()
    return {name.removeprefix(MODULE): value for name, value in named if name.startswith(MODULE)}


def by_network(entries: Mapping[str, Tensor]) -> dict[str, dict[str, Tensor]]:
    """Return network -> its entries, of those of all networks together."""
    networks: dict[str, dict[str, Tensor]] = {}
    for name, value in entries.items():
        network, _, entry = name.partition(".")
        networks.setdefault(network, {})[entry] = value
    return networks


def restore(stage: StageTraining, state: dict[str, Any], path: Path) -> None:
    """Put the state of the checkpoint at `path` into a freshly built stage.  Raises ModelError if it does not fit."""
    try:
        stage.networks.load_state_dict(state["networks"])
        stage.averaged.load_state_dict(state["averaged"])
        for name, optimizer in stage.optimizers.items():
            restore_optimizer(optimizer, state["optimizers"][name])
    except (RuntimeError, LookupError, ValueError, TypeError, AttributeError) as error:
        raise ModelError(
            f"{path}: does not fit the networks: {first_line(error)}",
            "It is of another version of seg2vid: use that one, or start anew with --overwrite.",
        ) from None
