"""Training of the image stage: a SPADE generator against a segmentation discriminator."""

import torch
from torch import Tensor

from seg2vid_torch.data.batches import normal, numpy_generator
from seg2vid_torch.losses.image import class_weights, generated_loss, pooled_l1, segmentation_loss
from seg2vid_torch.networks.build import build_spade_generator
from seg2vid_torch.networks.spade.segmentation_discriminator import SegmentationDiscriminator
from seg2vid_torch.settings.image import SpadeSettings
from seg2vid_torch.training.image_stage import ImageStage
from seg2vid_torch.training.stage import TrainingContext, detached

BETAS = (0.0, 0.99)


class SpadeStage(ImageStage):
    """Networks, data and optimizers of a SPADE generator (see `StageTraining`)."""

    def __init__(self, settings: SpadeSettings, context: TrainingContext) -> None:
        self._settings = settings
        network, classes = settings.network, context.label_space.size
        super().__init__(
            settings,
            context,
            generator=build_spade_generator(network, context.label_space),
            discriminator=SegmentationDiscriminator(classes, network.discriminator_channels),
            betas=BETAS,
        )

    def step(self, step: int) -> dict[str, Tensor]:
        """Train the generator once, then the discriminator once, on the same batch."""
        generator = numpy_generator(self._context.seed, step, "image batch")
        frames, labels = self._draw(generator)
        noise = normal(generator, len(frames), self._settings.network.noise_size).to(self._device)
        weights = class_weights(labels, self._label_space.size, self._settings.class_weight_limit)
        generated, generator_losses = self._train_generator(frames, labels, noise, weights)
        return detached(generator_losses | self._train_discriminator(frames, generated.detach(), labels, weights))

    def _train_generator(
        self, frames: Tensor, labels: Tensor, noise: Tensor, weights: Tensor
    ) -> tuple[Tensor, dict[str, Tensor]]:
        discriminator = self._discriminator.requires_grad_(False)
        with self._context.autocast():
            generated = self._generator(self._one_hot(labels), noise)
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

    @torch.no_grad()
    def _generate(self, labels: Tensor) -> Tensor:
        """Return what the averaged generator makes of labels (N, H, W): frames (N, 3, H, W) in 0..1."""
        generator = numpy_generator(self._context.seed, 0, "image sample")
        noise = normal(generator, len(labels), self._settings.network.noise_size).to(self._device)
        return self.averaged.eval()(self._one_hot(labels), noise)
