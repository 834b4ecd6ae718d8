"""What the training loop asks of a stage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor, nn

from seg2vid_interface.label_spaces import LabelSpace
from seg2vid_torch.data.division import Divided, undivided
from seg2vid_torch.data.frame_store import FrameStore
from seg2vid_torch.data.shares import Share
from seg2vid_torch.data.streaming import Stream
from seg2vid_torch.losses.shared_means import Average, alone
from seg2vid_torch.training.average import AveragedNetwork
from seg2vid_torch.training.processes.processes import Processes


@dataclass(frozen=True)
class TrainingContext:
    """What all stages are built from."""

    label_space: LabelSpace
    seed: int
    """Of weights, batches and noise."""
    device: torch.device
    precision: torch.dtype
    """Of the networks' arithmetic; weights stay float32."""
    train: FrameStore
    validation: FrameStore | None
    stream: Stream | None = None
    """Where the training frames come from, if they are too many for memory; `train` is then a part of them."""
    vgg_weights: Path | None = None
    """File of VGG's weights; None = no perceptual loss."""
    critic_weights: Path | None = None
    """File of the critics' frozen features; None = no critics."""
    encoder_weights: Path | None = None
    """File that a pretrained encoder begins with; None = it begins at random, or with the run's `initial`."""
    processes: Processes = field(default_factory=Processes)
    """All that train together."""
    divided: Divided = undivided
    """Shares work on the data among them."""
    accumulate: int = 1
    """Micro-batches of a step."""

    @property
    def share(self) -> Share:
        """Which samples of every batch this process takes."""
        return Share(self.processes.place.rank, self.processes.count, self.accumulate)

    @property
    def average(self) -> Average:
        """What losses that are means over what counts in a batch take for that of all processes."""
        return alone if self.processes.count == 1 else self.processes.mean

    def add_gradients(self, loss: Tensor) -> None:
        """Go backward through a micro-batch's loss."""
        (loss / self.accumulate if self.accumulate > 1 else loss).backward()

    def frames_at(self, step: int) -> FrameStore:
        """Return the training frames that a step draws from."""
        return self.stream.at(step) if self.stream else self.train

    @property
    def counted(self) -> tuple[int, int]:
        """The numbers of all training frames and clips."""
        source = self.stream
        return (source.frames, source.clips) if source else (len(self.train), len(self.train.clips))

    def autocast(self, *, cached: bool = True) -> torch.autocast:
        """Return the context in which the networks run; `cached` keeps converted weights for a second use within it."""
        enabled = self.precision != torch.float32
        return torch.autocast(self.device.type, self.precision, enabled=enabled, cache_enabled=cached)


class StageTraining(Protocol):
    """One stage's networks, data and optimizers."""

    networks: nn.ModuleDict
    """Everything that is trained."""
    averaged: AveragedNetwork
    """Exponential moving average of the network that is exported."""
    averages: str
    """Which of the networks that is."""
    optimizers: dict[str, torch.optim.Adam]

    def step(self, step: int, progress: float) -> dict[str, Tensor]:
        """Do optimizer step `step` (counted from 0); return every loss term by name, detached (see `detached`).

        All randomness is a function of (seed, step); `progress`, the share of the training that is done, sets rates.
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


def mean_terms(parts: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """Return the means of the micro-batches' loss terms, detached."""
    first, *others = [detached(part) for part in parts]
    if not others:
        return first
    return {name: torch.stack([part[name] for part in (first, *others)]).mean() for name in first}


def detached(losses: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return loss terms without their graphs, which would keep a step's activations alive until the term is read."""
    return {name: loss.detach() for name, loss in losses.items()}


def count_parameters(network: nn.Module) -> int:
    """Return the number of parameters."""
    return sum(parameter.numel() for parameter in network.parameters())


def evenly_chosen(size: int, wanted: int) -> Tensor:
    """Return up to `wanted` indices spread evenly over 0..size-1."""
    return torch.linspace(0, size - 1, min(size, wanted)).long()
