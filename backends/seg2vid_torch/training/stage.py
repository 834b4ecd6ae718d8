"""What the training loop asks of a stage."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from seg2vid_interface.label_spaces import LabelSpace
from seg2vid_torch.data.frame_store import FrameStore


@dataclass(frozen=True)
class TrainingContext:
    """What both stages are built from."""

    label_space: LabelSpace
    seed: int
    """Of weights, batches and noise."""
    device: torch.device
    precision: torch.dtype
    """Of the networks' arithmetic; weights stay float32."""
    train: FrameStore
    validation: FrameStore | None
    vgg_weights: Path | None = None
    """File of VGG19's weights; None = no perceptual loss."""

    def autocast(self) -> torch.autocast:
        """Return the context in which the networks run."""
        return torch.autocast(self.device.type, self.precision, enabled=self.precision != torch.float32)


class StageTraining(Protocol):
    """One stage's networks, data and optimizers."""

    networks: nn.ModuleDict
    """Everything that is trained."""
    averaged: AveragedModel
    """Exponential moving average of the network that is exported."""
    optimizers: dict[str, torch.optim.Adam]

    def step(self, step: int) -> dict[str, Tensor]:
        """Do optimizer step `step` (counted from 0); return every loss term by name, detached (see `detached`).

        All randomness is a function of (seed, step).
        """
        ...

    def validate(self) -> dict[str, float]:
        """Measure the averaged network on the validation split; empty if the data have none."""
        ...

    def write_samples(self, folder: Path, step: int) -> None:
        """Write a picture or video that shows what the averaged network makes."""
        ...

    def summary(self) -> dict[str, object]:
        """Say what is trained on what: parameters, pictures, clips."""
        ...


def detached(losses: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return loss terms without their graphs, which would keep a step's activations alive until the term is read."""
    return {name: loss.detach() for name, loss in losses.items()}


def average_of(network: nn.Module, decay: float) -> AveragedModel:
    """Return the moving average of a network's weights and running statistics."""
    return AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(decay), use_buffers=True)


def count_parameters(network: nn.Module) -> int:
    """Return the number of parameters."""
    return sum(parameter.numel() for parameter in network.parameters())


def evenly_chosen(size: int, wanted: int) -> Tensor:
    """Return up to `wanted` indices spread evenly over 0..size-1."""
    return torch.linspace(0, size - 1, min(size, wanted)).long()
