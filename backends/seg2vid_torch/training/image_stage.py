"""Training of the image stage: a SPADE generator against a segmentation discriminator."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from seg2vid_torch.data.batches import flip_some, normal, numpy_generator, one_hot, pictures
from seg2vid_torch.image_losses import class_weights, generated_loss, pooled_l1, segmentation_loss
from seg2vid_torch.image_settings import SpadeSettings
from seg2vid_torch.networks.build import build_spade_generator
from seg2vid_torch.networks.segmentation_discriminator import SegmentationDiscriminator
from seg2vid_torch.training.stage import TrainingContext, average_of, count_parameters, evenly_chosen

VALIDATION_BATCHES = 8


class ImageStage:
    """Networks, data and optimizers of the image stage (see `StageTraining`)."""

    def __init__(self, settings: SpadeSettings, context: TrainingContext) -> None:
        self._settings, self._context = settings, context
        self._label_space, self._device = context.label_space, context.device
        self._generator = build_spade_generator(settings.network, context.label_space)
        self._discriminator = SegmentationDiscriminator(
            context.label_space.size, settings.network.discriminator_channels
        )
        self.networks = nn.ModuleDict({"generator": self._generator, "discriminator": self._discriminator})
        self.networks.to(context.device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stub lacks it
        self.averaged = average_of(self._generator, settings.ema_decay)
        self.optimizers = {
            name: torch.optim.Adam(network.parameters(), settings.learning_rate, betas=(0.0, 0.99))
            for name, network in self.networks.items()
        }

    def step(self, step: int) -> dict[str, Tensor]:
        """Train the generator once, then the discriminator once, on the same batch."""
        frames, labels, noise = self._batch(step)
        weights = class_weights(labels, self._label_space.size, self._settings.class_weight_limit)
        generated, generator_losses = self._train_generator(frames, labels, noise, weights)
        return generator_losses | self._train_discriminator(frames, generated.detach(), labels, weights)

    def _batch(self, step: int) -> tuple[Tensor, Tensor, Tensor]:
        generator = numpy_generator(self._context.seed, step, "image batch")
        chosen = torch.from_numpy(generator.integers(len(self._context.train), size=self._settings.batch))
        flipped = torch.from_numpy(generator.random(self._settings.batch) < 0.5)
        frames = pictures(self._context.train.images[chosen], self._device)
        labels = self._context.train.labels[chosen].to(self._device).long()
        frames, labels = flip_some([frames, labels], flipped)
        noise = normal(generator, self._settings.batch, self._settings.network.noise_size).to(self._device)
        return frames.contiguous(memory_format=torch.channels_last), labels, noise

    def _train_generator(
        self, frames: Tensor, labels: Tensor, noise: Tensor, weights: Tensor
    ) -> tuple[Tensor, dict[str, Tensor]]:
        discriminator = self._discriminator.requires_grad_(False)
        probabilities = one_hot(labels, self._label_space.size).contiguous(memory_format=torch.channels_last)
        with self._context.autocast():
            generated = self._generator(probabilities, noise)
            scores = discriminator(generated)
        losses = {
            "adversarial": segmentation_loss(scores, labels, weights),
            "reconstruction": pooled_l1(generated.float(), frames),
        }
        total = (
            self._settings.adversarial_weight * losses["adversarial"]
            + self._settings.reconstruction_weight * losses["reconstruction"]
        )
        self._update("generator", total)
        self.averaged.update_parameters(self._generator)
        discriminator.requires_grad_(True)
        return generated, losses

    def _train_discriminator(
        self, frames: Tensor, generated: Tensor, labels: Tensor, weights: Tensor
    ) -> dict[str, Tensor]:
        with self._context.autocast():
            scores = self._discriminator(torch.cat([frames, generated.float()]))
        real, fake = scores.chunk(2)
        losses = {
            "discriminator_real": segmentation_loss(real, labels, weights),
            "discriminator_generated": generated_loss(fake),
        }
        self._update("discriminator", losses["discriminator_real"] + losses["discriminator_generated"])
        return losses

    def _update(self, name: str, loss: Tensor) -> None:
        optimizer = self.optimizers[name]
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    @torch.no_grad()
    def _generate(self, labels: Tensor) -> Tensor:
        """Return what the averaged generator makes of labels (N, H, W): frames (N, 3, H, W) in 0..1."""
        generator = numpy_generator(self._context.seed, 0, "image sample")
        noise = normal(generator, len(labels), self._settings.network.noise_size).to(self._device)
        probabilities = one_hot(labels.to(self._device), self._label_space.size)
        return self.averaged.eval()(probabilities, noise)

    def validate(self) -> dict[str, float]:
        """Return `val_reconstruction`, the pooled L1 loss on evenly chosen validation stills."""
        if self._context.validation is None:
            return {}
        losses = []
        for chosen in evenly_chosen(len(self._context.validation), VALIDATION_BATCHES * self._settings.batch).split(
            self._settings.batch
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
