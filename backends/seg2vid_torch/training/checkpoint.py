"""Checkpoints: everything that a run needs to go on as if it had never stopped."""

import pickle
import warnings
from pathlib import Path
from typing import Any

import torch

from seg2vid_interface.errors import ModelError
from seg2vid_torch.training.stage import StageTraining

CHECKPOINT_NAME = "checkpoint.pt"


def save_checkpoint(run: Path, stage: StageTraining, header: dict[str, Any]) -> None:
    """Replace the run's checkpoint in one step, so that a fault leaves the old one.

    `header` holds plain values: stage, step, settings, ...
    """
    state = {
        **header,
        "networks": stage.networks.state_dict(),
        "averaged": stage.averaged.state_dict(),
        "optimizers": {name: optimizer.state_dict() for name, optimizer in stage.optimizers.items()},
    }
    temporary = run / f".{CHECKPOINT_NAME}.tmp"
    try:
        torch.save(state, temporary)
        temporary.replace(run / CHECKPOINT_NAME)
    finally:
        temporary.unlink(missing_ok=True)


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint onto the CPU without unpickling code.

    Raises:
        ModelError: no such file, or not a checkpoint of seg2vid.
    """
    try:
        with warnings.catch_warnings(action="ignore"):  # PyTorch guesses about files that are no checkpoints
            state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise ModelError(f"{path}: no checkpoint there", "Train first, or name another run.") from None
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise ModelError(f"{path}: not a readable checkpoint: {_first_line(error)}") from None
    if not isinstance(state, dict) or not {"stage", "step", "settings", "averaged"} <= state.keys():
        raise ModelError(f"{path}: not a checkpoint written by seg2vid train")
    return state


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


def restore(stage: StageTraining, state: dict[str, Any]) -> None:
    """Put a checkpoint's state into a freshly built stage."""
    stage.networks.load_state_dict(state["networks"])
    stage.averaged.load_state_dict(state["averaged"])
    for name, optimizer in stage.optimizers.items():
        optimizer.load_state_dict(state["optimizers"][name])
