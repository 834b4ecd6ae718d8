"""What the trainings of all image stages have in common: stills, validation, samples."""

from abc import ABC, abstractmethod
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from seg2vid_torch.data.batches import flip_some, one_hot, pictures
from seg2vid_torch.losses.image import pooled_l1
from seg2vid_torch.settings.stage import CommonSettings
from seg2vid_torch.training.stage import TrainingContext, average_of, count_parameters, evenly_chosen

VALIDATION_BATCHES = 8


class ImageStage(ABC):
    """A generator against a discriminator (see `StageTraining`).

    Shape symbols: N = batch, K = classes, H, W = height and width.
    """

    def __init__(
        self,
        settings: CommonSettings,
        context: TrainingContext,
        *,
        generator: nn.Module,
        discriminator: nn.Module,
        betas: tuple[float, float],
    ) -> None:
        """Take the networks; `betas` are Adam's."""
        self._batch_size, self._context = settings.batch, context
        self._label_space, self._device = context.label_space, context.device
        self._generator, self._discriminator = generator, discriminator
        self.networks = nn.ModuleDict({"generator": generator, "discriminator": discriminator})
        self.networks.to(context.device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stub lacks it
        self.averaged = average_of(generator, settings.ema_decay)
        self.optimizers = {
            name: torch.optim.Adam(network.parameters(), settings.learning_rate, betas=betas)
            for name, network in self.networks.items()
        }

    @abstractmethod
    def step(self, step: int) -> dict[str, Tensor]:
        """Train the generator once, then the discriminator once, on the same batch."""

    @abstractmethod
    def _generate(self, labels: Tensor) -> Tensor:
        """Return what the averaged generator makes of labels (N, H, W): frames (N, 3, H, W) in 0..1."""

    def _draw(self, generator: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Draw stills, some of them mirrored: frames (N, 3, H, W) in 0..1 and labels (N, H, W), class indices."""
        chosen = torch.from_numpy(generator.integers(len(self._context.train), size=self._batch_size))
        flipped = torch.from_numpy(generator.random(self._batch_size) < 0.5)
        frames = pictures(self._context.train.images[chosen], self._device)
        labels = self._context.train.labels[chosen].to(self._device).long()
        frames, labels = flip_some([frames, labels], flipped)
        return frames.contiguous(memory_format=torch.channels_last), labels

    def _one_hot(self, labels: Tensor) -> Tensor:
        """Return class probabilities (N, K, H, W) of labels (N, H, W)."""
        probabilities = one_hot(labels.to(self._device), self._label_space.size)
        return probabilities.contiguous(memory_format=torch.channels_last)

    def _update(self, name: str, loss: Tensor) -> None:
        """Do a step of one network's optimizer; the generator's also moves its average."""
        optimizer = self.optimizers[name]
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        if name == "generator":
            self.averaged.update_parameters(self._generator)

    def validate(self) -> dict[str, float]:
        """Return `val_reconstruction`, the pooled L1 loss on evenly chosen validation stills."""
        if self._context.validation is None:
            return {}
        losses = []
        for chosen in evenly_chosen(len(self._context.validation), VALIDATION_BATCHES * self._batch_size).split(
            self._batch_size
        ):
            generated = self._generate(self._context.validation.labels[chosen])
            truth = pictures(self._context.validation.images[chosen], self._device)
            losses.append(pooled_l1(generated, truth).item())
        return {"val_reconstruction": float(np.mean(losses))}

    def write_samples(self, folder: Path, step: int) -> None:
        """Write a sheet of rows [label map, generated frame, true frame]."""
        store = self._context.validation or self._context.train
        chosen = evenly_chosen(len(store), 8)
        colors = torch.tensor([c.color for c in self._label_space.classes], dtype=torch.uint8)
        generated = (self._generate(store.labels[chosen]).cpu() * 255).round().byte()
        columns = [colors[store.labels[chosen].long()].movedim(-1, 1), generated, store.images[chosen]]
        sheet = torch.cat([torch.cat(list(column), 1) for column in columns], 2)
        Image.fromarray(sheet.movedim(0, -1).contiguous().numpy()).save(folder / f"{step:07d}.png")

    def summary(self) -> dict[str, object]:
        """Return the numbers of pictures and parameters."""
        return {
            "pictures": len(self._context.train),
            "validation_pictures": len(self._context.validation) if self._context.validation else 0,
            "parameters": {name: count_parameters(network) for name, network in self.networks.items()},
        }
