"""Training of the image stage: a SPADE generator and a style encoder against a discriminator and critics.

Shape symbols: N = batch, K = classes, Z = style size, H, W = height and width.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn

from seg2vid_interface.model_card import TEXTURE_CHANNELS
from seg2vid_torch.data.batches import Stills, normal, numpy_generator, pictures, prepared, torch_generator
from seg2vid_torch.data.rolled_hints import Paint
from seg2vid_torch.geometry.key_frames import KeyFrame
from seg2vid_torch.losses.image import class_weights
from seg2vid_torch.networks.build import build_spade_generator, build_style_encoder
from seg2vid_torch.networks.spade.condition import painted_share
from seg2vid_torch.networks.spade.critics import Critics
from seg2vid_torch.networks.spade.segmentation_discriminator import SegmentationDiscriminator
from seg2vid_torch.settings.image import SpadeSettings
from seg2vid_torch.training.image_stage import ImageStage
from seg2vid_torch.training.optimizers import make_adam
from seg2vid_torch.training.schedule import cosine_decay, set_rates, warm_up
from seg2vid_torch.training.spade_adversaries import CriticsOnFeatures, Discriminator
from seg2vid_torch.training.spade_hints import HintDraws, Known, SpadeHints, micro_batches_of
from seg2vid_torch.training.spade_terms import (
    SpadeBatch,
    Styles,
    drawn_style_terms,
    own_style_terms,
)
from seg2vid_torch.training.stage import TrainingContext, detached, mean_terms
from seg2vid_torch.training.step_graph import StepGraph
from seg2vid_torch.training.terms import Terms, weighted_sum
from seg2vid_torch.weights.efficientnet_lite import load_frozen_features
from seg2vid_torch.weights.perceptual import load_perceptual_network

BETAS = (0.0, 0.99)
LOOKS = 2  # drawn styles on a sheet of samples


@dataclass(frozen=True)
class SpadeDraws(HintDraws, Stills):
    """All that differs from step to step."""

    style: Tensor
    """(N, Z), standard normal: the second half's styles, and by what the first half's differ from their means."""
    texture: Tensor
    """(N, 4, H, W), standard normal."""


@dataclass(frozen=True)
class Painted:
    """What a generator has made of a micro-batch."""

    batch: SpadeBatch
    generated: Tensor
    """(N, 3, H, W) in 0..1, without its graph."""
    features: list[Tensor]
    """Frozen ones of that, if there are critics."""
    terms: Terms
    """The generator's, without their graphs."""


class SpadeStage(ImageStage):
    """Networks, data and optimizers of a SPADE generator (see `StageTraining`)."""

    def __init__(self, settings: SpadeSettings, context: TrainingContext) -> None:
        self._settings, self._classes = settings, context.label_space.size
        self._size = settings.height, settings.width
        super().__init__(settings, context, _networks(settings, context))
        self._generator = self.networks["generator"]
        self._encoder = self.networks["encoder"] if settings.network.style_size else None
        vgg, device = context.vgg_weights, context.device
        self._vgg = load_perceptual_network(vgg, device, context.precision) if vgg else None
        self._hints = SpadeHints(settings, context)
        self._discriminator = Discriminator(self.networks["discriminator"])
        self._critics = None
        if context.critic_weights:
            features = load_frozen_features(context.critic_weights, device, context.precision)
            self._critics = CriticsOnFeatures(self.networks["critics"], features)
        self._make_optimizers()
        changed = [self.networks, self.averaged]
        self._graphed = (
            StepGraph(self._compute, changed, self.optimizers, self._device) if settings.cuda_graph else None
        )

    def _make_optimizers(self) -> None:
        settings = self._settings
        captured = settings.cuda_graph and self._device.type == "cuda"
        trained = {"generator": ("generator", "encoder"), "discriminator": ("discriminator",), "critics": ("critics",)}
        rates = settings.learning_rate, settings.discriminator_learning_rate, settings.critic_learning_rate
        self.optimizers, self.rates = {}, {}
        for (name, parts), rate in zip(trained.items(), rates, strict=True):
            networks = [self.networks[part] for part in parts if part in self.networks]
            parameters = [x for network in networks for x in network.parameters() if x.requires_grad]
            if parameters:
                self.optimizers[name] = make_adam(parameters, rate, BETAS, captured=captured)
                self.rates[name] = rate

    def step(self, step: int, progress: float) -> Terms:
        """Train generator and style encoder once, then the discriminator and the critics, on the same batch."""
        settings = self._settings
        factor = warm_up(step, settings.warm_up) * cosine_decay(progress, settings.decay_from, settings.final_rate)
        set_rates(self.optimizers, self.rates, factor)
        draws = self._draw(step)
        if self._graphed:
            return self._graphed(draws)
        return self._compute(draws, trains_discriminator=step % settings.discriminator_interval == 0)

    def _draw(self, step: int) -> SpadeDraws:
        """Draw all that is random in this process's share of a step, on the device."""
        count, stills, share = self._batch_size, self._draw_stills(step), self._context.share
        generator = torch_generator(self._device, self._context.seed, step, "image step")
        style_size = self._settings.network.style_size
        return SpadeDraws(
            **vars(stills),
            style=share.of(torch.randn(count, style_size, generator=generator, device=self._device)),
            texture=share.of(
                torch.randn(count, TEXTURE_CHANNELS, *self._size, generator=generator, device=self._device)
            ),
            **vars(self._hints.draw(step, count // 2, count - count // 2, share)),
        )

    def _compute(self, draws: SpadeDraws, *, trains_discriminator: bool = True) -> Terms:
        """Do a step with what was drawn for it; may be captured (see `StepGraph`)."""
        stills = [self._context.share.micro_batches(x) for x in prepared(draws)]
        weights = self._class_weights(torch.cat(stills[1]))
        with self._update("generator"):
            painted = [
                self._train_generator(frames, labels, weights, part)
                for frames, labels, part in zip(*stills, micro_batches_of(draws, self._context.share), strict=True)
            ]
        terms = mean_terms([part.terms for part in painted])
        if trains_discriminator:
            with self._update("discriminator"):
                terms |= mean_terms([self._train_discriminator(part) for part in painted])
        if self._critics:
            with self._update("critics"):
                terms |= mean_terms([self._train_critics(self._critics, part) for part in painted])
        return terms

    def _train_generator(self, frames: Tensor, labels: Tensor, weights: Tensor, draws: SpadeDraws) -> Painted:
        """Add the gradients of generator and style encoder in a micro-batch."""
        classes = self._one_hot(labels)
        batch = SpadeBatch(frames, labels, classes, labels, classes, weights)
        with self._context.autocast(cached=False):  # hardly a weight is used twice, and a captured step must not
            styles = self._styles(batch, draws.style)
            known = self._known(batch, styles.style, draws)
            batch = replace(batch, painted_labels=known.labels, painted_classes=self._one_hot(known.labels))
            generated = self._generator.train()(
                batch.painted_classes, styles.style, known.texture, known.hint, known.trust
            )
            terms, features = self._judge(generated, batch, styles)
        self._context.add_gradients(weighted_sum(terms, self._settings.weights))
        return Painted(batch, generated.detach(), features, detached(terms))

    def _train_discriminator(self, painted: Painted) -> Terms:
        with self._context.autocast(cached=False):
            losses = self._discriminator.losses(painted.batch, painted.generated)
        self._context.add_gradients(losses["discriminator_real"] + losses["discriminator_generated"])
        return detached(losses)

    def _train_critics(self, critics: CriticsOnFeatures, painted: Painted) -> Terms:
        with self._context.autocast(cached=False):
            loss = critics.loss(painted.batch, painted.features)
        self._context.add_gradients(loss)
        return {"critics_hinge": loss.detach()}

    def _class_weights(self, labels: Tensor) -> Tensor:
        return class_weights(labels, self._classes, self._settings.class_weight_limit, self._context.average)

    def _styles(self, batch: SpadeBatch, noise: Tensor) -> Styles:
        """Return the first half's own styles, varied by the noise (N, Z), and the noise itself for the second half."""
        if self._encoder is None:
            return Styles(noise, None)
        mean, log_variance = (x.float() for x in self._encoder(batch.frames[: batch.half]))
        own = mean + noise[: batch.half] * (0.5 * log_variance).exp()
        return Styles(torch.cat([own, noise[batch.half :]]), (mean, log_variance))

    def _known(self, batch: SpadeBatch, style: Tensor, draws: SpadeDraws) -> Known:
        """Return what the generator is told: some of the first half have hints, some of the second are driven on to."""
        half = batch.half
        own = self._hints.own(
            batch.frames[:half], batch.labels[:half], draws.texture[:half], draws, self._painter(style[:half])
        )
        driven = self._painter(style[len(style) - len(draws.driven_paths) :])
        return Known.joined([own, self._hints.drawn(batch.labels[half:], draws.texture[half:], draws, driven)])

    def _painter(self, style: Tensor) -> Paint:
        """Return what paints key frames in these styles (N, Z): the averaged generator, which clips are made with."""

        def paint(known: KeyFrame) -> tuple[Tensor, Tensor]:
            frame = self._averaged(known.label_map, style, known.texture, known.frame, known.trust)
            return frame, painted_share(known.trust)

        return paint

    def _judge(self, generated: Tensor, batch: SpadeBatch, styles: Styles) -> tuple[Terms, list[Tensor]]:
        """Return the generator's terms, and the frozen features of its frames if there are critics."""
        driven = self._hints.driven(len(generated) - batch.half)
        terms = own_style_terms(generated, batch, styles, self._vgg, self._context.average) | drawn_style_terms(
            generated, batch, driven
        )
        terms["adversarial"] = self._discriminator.judge(batch, generated)
        features: list[Tensor] = []
        if self._critics:
            terms["critics"], features = self._critics.judge(batch, generated)
        return terms, features

    @torch.no_grad()
    def _averaged(self, labels: Tensor, style: Tensor, texture: Tensor, *known: Tensor) -> Tensor:
        """Return what the averaged generator makes, with or without a hint and its trust."""
        hint, trust = known or (texture.new_zeros(len(texture), n, *self._size) for n in (3, 1))
        frames: Tensor = self.averaged.module.eval()(self._one_hot(labels), style, texture, hint, trust)
        return frames

    @torch.no_grad()
    def _own_style(self, frames: Tensor) -> Tensor:
        return self._encoder(frames)[0] if self._encoder else frames.new_zeros(len(frames), 0)

    def _reconstruct(self, frames: Tensor, labels: Tensor) -> Tensor:
        """Return frames (N, 3, H, W) from labels (N, H, W), in the style of the true ones and without a hint."""
        return self._averaged(labels, self._own_style(frames), *self._fixed(len(labels), 1)[1])

    def _fixed(self, count: int, textures: int) -> tuple[list[Tensor], list[Tensor]]:
        """Return styles (N, Z) and textures (N, 4, H, W) that are the same all along the training."""
        generator = numpy_generator(self._context.seed, 0, "image sample")
        styles = [normal(generator, count, self._settings.network.style_size) for _ in range(LOOKS)]
        drawn = [normal(generator, count, TEXTURE_CHANNELS, *self._size) for _ in range(textures)]
        return [x.to(self._device) for x in styles], [x.to(self._device) for x in drawn]

    def write_samples(self, folder: Path, step: int) -> None:
        """Write a sheet of rows [label map, two looks, a hint, what becomes of it, true frame]."""
        images, labels = self._sample_stills()
        truth = pictures(images, self._device)
        styles, textures = self._fixed(len(images), LOOKS + 1)
        looks = [self._averaged(labels, *drawn) for drawn in zip(styles, textures[:LOOKS], strict=True)]
        labels_there, style = labels.to(self._device).long(), self._own_style(truth)
        draws, paint = self._hints.draw(0, len(images), 0), self._painter(style)
        known = self._hints.own(truth, labels_there, textures[LOOKS], draws, paint)
        filled = self._averaged(known.labels, style, known.texture, known.hint, known.trust)
        hint = known.hint * (known.trust > 0)
        self._write_sheet(folder / f"{step:07d}.png", labels, [*looks, hint, filled, images])


def _networks(settings: SpadeSettings, context: TrainingContext) -> dict[str, nn.Module]:
    network, classes = settings.network, context.label_space.size
    networks: dict[str, nn.Module] = {
        "generator": build_spade_generator(network, context.label_space),
        "discriminator": SegmentationDiscriminator(classes, network.discriminator_channels),
    }
    if network.style_size:
        networks["encoder"] = build_style_encoder(network, settings.height, settings.width)
    if context.critic_weights:
        networks["critics"] = Critics(classes, network.critic_width)
    return networks
