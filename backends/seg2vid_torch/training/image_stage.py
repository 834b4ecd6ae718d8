"""What the trainings of all image stages have in common: stills, validation, samples."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from seg2vid_torch.data.batches import Stills, draw_stills, one_hot, pictures
from seg2vid_torch.losses.image import pooled_l1
from seg2vid_torch.settings.stage import CommonSettings
from seg2vid_torch.training.average import AveragedNetwork
from seg2vid_torch.training.optimizers import parameters_of
from seg2vid_torch.training.sheets import painted, write_sheet
from seg2vid_torch.training.stage import TrainingContext, count_parameters, evenly_chosen

VALIDATION_BATCHES = 8
SAMPLES = 8


class ImageStage(ABC):
    """A generator and what it is trained against (see `StageTraining`); who inherits makes the optimizers.

    Shape symbols: N = batch, K = classes, H, W = height and width.
    """

    averages = "generator"
    optimizers: dict[str, torch.optim.Adam]
    rates: dict[str, float]
    """Of the optimizers, at their full height."""

    def __init__(self, settings: CommonSettings, context: TrainingContext, networks: Mapping[str, nn.Module]) -> None:
        """Take the networks, among them the "generator"."""
        self._batch_size, self._context = settings.batch, context
        self._label_space, self._device = context.label_space, context.device
        self._train = context.train.on(context.device)
        self.networks = nn.ModuleDict(networks)
        self.networks.to(context.device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stub lacks it
        self.averaged = AveragedNetwork(self.networks["generator"], settings.ema_decay)

    @abstractmethod
    def step(self, step: int, progress: float) -> dict[str, Tensor]:
        """Train the generator once, then what it is trained against, on the same batch."""

    @abstractmethod
    def _reconstruct(self, frames: Tensor, labels: Tensor) -> Tensor:
        """Return what the averaged generator makes of labels (N, H, W) to be like frames: both (N, 3, H, W) in 0..1."""

    def _draw_stills(self, step: int) -> Stills:
        """Draw this process's stills of a step."""
        store = self._context.frames_at(step) if self._context.stream else self._train
        return draw_stills(store, self._batch_size, self._device, self._context.seed, step, share=self._context.share)

    def _one_hot(self, labels: Tensor) -> Tensor:
        """Return class probabilities (N, K, H, W) of labels (N, H, W)."""
        probabilities = one_hot(labels.to(self._device), self._label_space.size)
        return probabilities.contiguous(memory_format=torch.channels_last)

    @contextmanager
    def _update(self, name: str) -> Iterator[None]:
        """Do a step of one optimizer, with the gradients added up within the block; a generator's moves its average."""
        optimizer = self.optimizers[name]
        optimizer.zero_grad(set_to_none=True)
        yield
        self._context.processes.average_gradients(parameters_of(optimizer))
        optimizer.step()
        if name == "generator":
            self.averaged.update_parameters(self.networks["generator"])

    def validate(self) -> dict[str, float]:
        """Return `val_reconstruction`, the pooled L1 loss on evenly chosen validation stills."""
        store = self._context.validation
        if store is None:
            return {}
        losses = []
        for chosen in evenly_chosen(len(store), VALIDATION_BATCHES * self._batch_size).split(self._batch_size):
            truth = pictures(store.images[chosen], self._device)
            losses.append(pooled_l1(self._reconstruct(truth, store.labels[chosen]), truth).item())
        return {"val_reconstruction": float(np.mean(losses))}

    def write_samples(self, folder: Path, step: int) -> None:
        """Write a sheet of rows [label map, generated frame, true frame]."""
        images, labels = self._sample_stills()
        generated = self._reconstruct(pictures(images, self._device), labels)
        self._write_sheet(folder / f"{step:07d}.png", labels, [generated, images])

    def _sample_stills(self) -> tuple[Tensor, Tensor]:
        """Return the images (N, 3, H, W) and labels (N, H, W) that samples are made of, as they are stored."""
        store = self._context.validation or self._context.train
        chosen = evenly_chosen(len(store), SAMPLES)
        return store.images[chosen], store.labels[chosen]

    def _write_sheet(self, path: Path, labels: Tensor, columns: Sequence[Tensor]) -> None:
        """Write a picture of a row per still: its label map, then the columns, uint8 or in 0..1."""
        write_sheet(path, [painted(labels, self._label_space), *columns])

    def summary(self) -> dict[str, object]:
        """Return the numbers of pictures and parameters."""
        return {
            "pictures": self._context.counted[0],
            "validation_pictures": len(self._context.validation) if self._context.validation else 0,
            "parameters": {name: count_parameters(network) for name, network in self.networks.items()},
        }
