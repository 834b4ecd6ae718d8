"""What the SPADE generator is trained against: a segmentation discriminator, and critics on frozen features."""

import torch
from torch import Tensor, nn

from seg2vid_torch.losses.critics import critics_loss, hinge_loss
from seg2vid_torch.losses.image import generated_loss, segmentation_loss
from seg2vid_torch.training.spade_terms import SpadeBatch
from seg2vid_torch.training.terms import Terms


class Adversary:
    """A network that is fixed while it judges what the generator makes, and trained while it learns to.

    Its spectral norm goes on with its power iteration where it learns alone, once a step (Miyato et al., ICLR 2018,
    Algorithm 1).
    """

    def __init__(self, network: nn.Module) -> None:
        self._network = network
        self._trained = [parameter for parameter in network.parameters() if parameter.requires_grad]

    def _judging(self) -> nn.Module:
        for parameter in self._trained:
            parameter.requires_grad_(False)
        return self._network.eval()

    def _learning(self) -> nn.Module:
        for parameter in self._trained:
            parameter.requires_grad_(True)
        return self._network.train()


class Discriminator(Adversary):
    """OASIS' segmentation discriminator."""

    def judge(self, batch: SpadeBatch, generated: Tensor) -> Tensor:
        """Return how little the generated frames (N, 3, H, W) are what their labels say (OASIS, Eq. 2)."""
        return segmentation_loss(self._judging()(generated), batch.painted_labels, batch.class_weights)

    def losses(self, batch: SpadeBatch, generated: Tensor) -> Terms:
        """Return what is minimised to tell the batch's frames from generated ones (OASIS, Eq. 1)."""
        real, fake = self._learning()(torch.cat([batch.frames, generated])).chunk(2)
        return {
            "discriminator_real": segmentation_loss(real, batch.labels, batch.class_weights),
            "discriminator_generated": generated_loss(fake),
        }


class CriticsOnFeatures(Adversary):
    """Critics on the maps of a network that is never trained (Projected GAN, Sauer et al., NeurIPS 2021)."""

    def __init__(self, critics: nn.Module, features: nn.Module) -> None:
        super().__init__(critics)
        self._features = features

    def judge(self, batch: SpadeBatch, generated: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Return how little real the generated frames look to the critics, and the frames' features."""
        features = self._features(generated)
        return critics_loss(self._judging()(features, batch.painted_classes)), [x.detach() for x in features]

    def loss(self, batch: SpadeBatch, generated: list[Tensor]) -> Tensor:
        """Return what is minimised to tell the batch's frames from generated ones, of which the features are given."""
        with torch.no_grad():
            real = self._features(batch.frames)
        both = [torch.cat(pair) for pair in zip(real, generated, strict=True)]
        scores = [x.chunk(2) for x in self._learning()(both, torch.cat([batch.classes, batch.painted_classes]))]
        return hinge_loss([real for real, _ in scores], [fake for _, fake in scores])
