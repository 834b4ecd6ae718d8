"""Training of the labels stage: a network that tells the class of every pixel of a picture.

Shape symbols: N = batch, K = classes, H, W = height and width.
"""

from collections.abc import Iterable
from pathlib import Path

import torch
from torch import Tensor, nn

from seg2vid_torch.data.augmented import augmented, draw_changes
from seg2vid_torch.data.batches import draw_stills, pictures
from seg2vid_torch.losses.labels import balanced_weights, class_counts, labels_loss
from seg2vid_torch.networks.build import build_labels_network
from seg2vid_torch.networks.segmentation.pretrained_u_net import PretrainedUNet
from seg2vid_torch.settings.labels import LabelsSettings, PretrainedLabelsSettings
from seg2vid_torch.training.average import AveragedNetwork
from seg2vid_torch.training.label_scores import confusion, mean_score, pixel_score
from seg2vid_torch.training.optimizers import make_adam, parameters_of
from seg2vid_torch.training.schedule import cosine_decay, set_rates, warm_up
from seg2vid_torch.training.sheets import painted, write_sheet
from seg2vid_torch.training.stage import TrainingContext, count_parameters, evenly_chosen, mean_terms
from seg2vid_torch.weights.efficientnet_lite import load_frozen_features

BETAS = (0.9, 0.99)
ENCODER = "encoder."  # begins the names of a pretrained way down
SAMPLES = 8
VALIDATED = 16  # pictures at a time


class LabelsStage:
    """Network, data and optimizers of the labels stage (see `StageTraining`)."""

    averages = "segmenter"

    def __init__(self, settings: LabelsSettings, context: TrainingContext) -> None:
        self._settings, self._context = settings, context
        self._space, self._device = context.label_space, context.device
        self._train = context.train.on(context.device)
        segmenter = build_labels_network(settings.network, self._space)
        if isinstance(segmenter, PretrainedUNet) and context.encoder_weights:
            entries = load_frozen_features(context.encoder_weights, torch.device("cpu")).state_dict()
            segmenter.encoder.load_state_dict({name: entries[name] for name in segmenter.encoder.state_dict()})
        self.networks = nn.ModuleDict({"segmenter": segmenter})
        self.networks.to(context.device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stub lacks it
        self._segmenter = self.networks["segmenter"]
        self.averaged = AveragedNetwork(self._segmenter, settings.ema_decay)
        self._weights = self._class_weights().to(context.device)
        self._make_optimizers()

    def _class_weights(self) -> Tensor:
        settings, space = self._settings, self._space
        weights = balanced_weights(
            class_counts(self._train.labels, space.size).cpu(), settings.balance, settings.class_weight_limit
        )
        if space.other is not None:
            weights[space.other] *= settings.other_weight
        return weights

    def _make_optimizers(self) -> None:
        named, settings = list(self._segmenter.named_parameters()), self._settings
        rate = settings.learning_rate
        encoder_rate = rate * settings.encoder_rate if isinstance(settings, PretrainedLabelsSettings) else rate
        parts: dict[str, tuple[list[nn.Parameter], float]] = {
            "segmenter": ([x for name, x in named if not name.startswith(ENCODER)], rate),
            "encoder": ([x for name, x in named if name.startswith(ENCODER)], encoder_rate),
        }
        self.optimizers = {name: make_adam(x, own_rate, BETAS) for name, (x, own_rate) in parts.items() if x}
        self.rates = {name: own_rate for name, (_, own_rate) in parts.items()}

    def step(self, step: int, progress: float) -> dict[str, Tensor]:
        """Train the network once."""
        settings, seed = self._settings, self._context.seed
        factor = warm_up(step, settings.warm_up) * cosine_decay(progress, 0.0, settings.final_rate)
        set_rates(self.optimizers, self.rates, factor)
        share = self._context.share
        drawn = settings.batch, self._device, seed, step
        changes = draw_changes(*drawn, zoom=settings.zoom, color=settings.color, share=share)
        frames, labels = augmented(draw_stills(self._train, *drawn, share=share), changes)
        for optimizer in self.optimizers.values():
            optimizer.zero_grad(set_to_none=True)
        terms = [
            self._learn(*batch) for batch in zip(share.micro_batches(frames), share.micro_batches(labels), strict=True)
        ]
        for optimizer in self.optimizers.values():
            self._context.processes.average_gradients(parameters_of(optimizer))
            optimizer.step()
        self.averaged.update_parameters(self._segmenter)
        return mean_terms(terms)

    def _learn(self, frames: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """Add the gradients of a micro-batch; return its loss terms."""
        with self._context.autocast():
            scores = self._segmenter.train()(frames)
        loss = labels_loss(scores, labels, self._weights, self._context.average)
        self._context.add_gradients(loss)
        return {"cross_entropy": loss.detach(), "right": (scores.detach().argmax(1) == labels).float().mean()}

    @torch.no_grad()
    def _told(self, images: Tensor) -> Tensor:
        """Return the labels (N, H, W) that the averaged network tells of images (N, 3, H, W), uint8."""
        scores: Tensor = self.averaged.module.eval()(pictures(images, self._device))
        return scores.argmax(1)

    def validate(self) -> dict[str, float]:
        """Return `val_miou` and `val_pixels`, the mean intersection over union and the share of right pixels."""
        store = self._context.validation
        if store is None:
            return {}
        counts = torch.stack(list(self._counted(store.images, store.labels))).sum(0)
        return {"val_miou": mean_score(counts, self._space), "val_pixels": pixel_score(counts, self._space)}

    def _counted(self, images: Tensor, labels: Tensor) -> Iterable[Tensor]:
        for some, truth in zip(images.split(VALIDATED), labels.split(VALIDATED), strict=True):
            yield confusion(truth, self._told(some).cpu(), self._space.size)

    def write_samples(self, folder: Path, step: int) -> None:
        """Write a sheet of rows [picture, label map, what is told]."""
        store = self._context.validation or self._context.train
        chosen = evenly_chosen(len(store), SAMPLES)
        images, labels = store.images[chosen], store.labels[chosen]
        told = self._told(images)
        columns = [images, painted(labels, self._space), painted(told, self._space)]
        write_sheet(folder / f"{step:07d}.png", columns)

    def summary(self) -> dict[str, object]:
        """Return the numbers of pictures and parameters."""
        validation = self._context.validation
        return {
            "pictures": len(self._context.train),
            "validation_pictures": len(validation) if validation else 0,
            "parameters": {name: count_parameters(network) for name, network in self.networks.items()},
        }
