"""Training of the image stage: pix2pixHD's generator against patch discriminators (Wang et al., CVPR 2018)."""

import torch
from torch import Tensor, nn

from seg2vid_torch.data.batches import prepared
from seg2vid_torch.data.instance_edges import instance_edges
from seg2vid_torch.losses.perceptual import perceptual
from seg2vid_torch.losses.pix2pixhd import PERCEPTUAL_WEIGHTS, adversarial_loss, feature_matching_loss
from seg2vid_torch.networks.build import build_pix2pixhd_generator
from seg2vid_torch.networks.pix2pixhd.multiscale_discriminator import MultiscaleDiscriminator
from seg2vid_torch.settings.image import Pix2PixHDSettings
from seg2vid_torch.training.image_stage import ImageStage
from seg2vid_torch.training.optimizers import make_adam
from seg2vid_torch.training.schedule import linear_decay, set_rates
from seg2vid_torch.training.stage import TrainingContext, mean_terms
from seg2vid_torch.weights.vgg19 import load_vgg19

BETAS = (0.5, 0.999)
DEVIATION = 0.02  # of the convolutions' first weights
VGG_MAPS = 13  # up to ReLU 5_1


class Pix2PixHDStage(ImageStage):
    """Networks, data and optimizers of pix2pixHD's generator (see `StageTraining`).

    The datasets know no instances: the edges are those of the label map's regions.
    """

    def __init__(self, settings: Pix2PixHDSettings, context: TrainingContext) -> None:
        self._settings = settings
        network = settings.network
        conditions = context.label_space.size + network.instance_edges
        generator = build_pix2pixhd_generator(network, context.label_space).apply(_draw_weights)
        discriminator = MultiscaleDiscriminator(
            conditions + 3, network.discriminator_width, scales=network.discriminator_scales
        ).apply(_draw_weights)
        super().__init__(settings, context, {"generator": generator, "discriminator": discriminator})
        self._generator, self._discriminator = generator, discriminator
        self.optimizers = {
            name: make_adam(network.parameters(), settings.learning_rate, BETAS)
            for name, network in self.networks.items()
        }
        self.rates = dict.fromkeys(self.optimizers, settings.learning_rate)
        self._vgg = (
            load_vgg19(context.vgg_weights, context.device, maps=VGG_MAPS, pooling="maximum")
            if context.vgg_weights
            else None
        )

    def step(self, step: int, progress: float) -> dict[str, Tensor]:
        """Train the generator once, then the discriminators once, on the same batch."""
        set_rates(self.optimizers, self.rates, linear_decay(progress, self._settings.decay_from))
        split = self._context.share.micro_batches
        frames, labels = prepared(self._draw_stills(step))
        batches = list(zip(split(self._conditions(labels)), split(frames), strict=True))
        generated, terms = [], []
        self._discriminator.requires_grad_(False)
        with self._update("generator"):
            for conditions, truth in batches:
                made, losses = self._generator_losses(conditions, truth)
                weights = self._settings.weights.model_dump()
                self._context.add_gradients(torch.stack([weights[name] * loss for name, loss in losses.items()]).sum())
                generated.append(made.detach())
                terms.append(losses)
        self._discriminator.requires_grad_(True)
        judged = []
        with self._update("discriminator"):
            for (conditions, truth), made in zip(batches, generated, strict=True):
                losses = self._discriminator_losses(conditions, truth, made)
                self._context.add_gradients(0.5 * (losses["discriminator_real"] + losses["discriminator_generated"]))
                judged.append(losses)
        return mean_terms(terms) | mean_terms(judged)

    def _conditions(self, labels: Tensor) -> Tensor:
        """Return what the generator sees of labels (N, H, W): (N, K, H, W), or with the edges (N, K + 1, H, W)."""
        probabilities = self._one_hot(labels)
        if not self._settings.network.instance_edges:
            return probabilities
        return torch.cat([probabilities, instance_edges(labels.to(self._device))], 1)

    def _generator_losses(self, conditions: Tensor, frames: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Return what the generator makes of the conditions, in 0..1, and its loss terms."""
        with self._context.autocast():
            generated = _unit_range(self._generator(conditions).float())
            features = self._features(conditions, generated)
            with torch.no_grad():
                true_features = self._features(conditions, frames)
            losses = {
                "adversarial": adversarial_loss(features, real=True),
                "feature_matching": feature_matching_loss(features, true_features),
            }
            if self._vgg:
                losses["perceptual"] = perceptual(self._vgg, generated, frames, PERCEPTUAL_WEIGHTS)
        return generated, losses

    def _discriminator_losses(self, conditions: Tensor, frames: Tensor, generated: Tensor) -> dict[str, Tensor]:
        with self._context.autocast():
            return {
                "discriminator_real": adversarial_loss(self._features(conditions, frames), real=True),
                "discriminator_generated": adversarial_loss(self._features(conditions, generated), real=False),
            }

    def _features(self, conditions: Tensor, frames: Tensor) -> list[list[Tensor]]:
        """Return the discriminators' features of frames in 0..1, which they see in -1..1, as the generator does."""
        return self._discriminator(torch.cat([conditions, frames * 2 - 1], 1))

    @torch.no_grad()
    def _reconstruct(self, frames: Tensor, labels: Tensor) -> Tensor:  # noqa: ARG002  # it has one look for all
        """Return what the averaged generator makes of labels (N, H, W): frames (N, 3, H, W) in 0..1."""
        return _unit_range(self.averaged.module.eval()(self._conditions(labels)))


def _unit_range(pictures: Tensor) -> Tensor:
    """Map -1..1 to 0..1."""
    return (pictures + 1) / 2


def _draw_weights(layer: nn.Module) -> None:
    """Draw a convolution's first weights as the paper does (appendix A)."""
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(layer.weight, std=DEVIATION)
