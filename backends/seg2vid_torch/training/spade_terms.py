"""The SPADE generator's loss terms: which loss is asked of which half of a batch, by the names of their weights.

Shape symbols: N = pictures, K = classes, Z = style size, H, W = height and width.
"""

from dataclasses import dataclass

from torch import Tensor

from seg2vid_torch.losses.image import light, pooled_l1
from seg2vid_torch.losses.motion import kl_divergence
from seg2vid_torch.losses.perceptual import normalised_perceptual
from seg2vid_torch.losses.shared_means import Average, alone
from seg2vid_torch.networks.vgg import Vgg
from seg2vid_torch.training.terms import Terms


@dataclass(frozen=True)
class SpadeBatch:
    """The stills of one step; the first half is painted in its own style, the second in one that is drawn."""

    frames: Tensor
    """(N, 3, H, W) in 0..1."""
    labels: Tensor
    """(N, H, W) long, class indices."""
    classes: Tensor
    """(N, K, H, W): the same one-hot."""
    painted_labels: Tensor
    """(N, H, W): what the generator is asked to paint; where a camera has driven on, not what the still shows."""
    painted_classes: Tensor
    """(N, K, H, W): the same one-hot."""
    class_weights: Tensor
    """(K,): of the discriminator's cross-entropy."""

    @property
    def half(self) -> int:
        """How many stills the first half has."""
        return len(self.frames) // 2


@dataclass(frozen=True)
class Styles:
    """What the generator paints in."""

    style: Tensor
    """(N, Z)."""
    posterior: tuple[Tensor, Tensor] | None
    """Mean and log variance, each (N / 2, Z), of the first half's; None if styles have no numbers."""


def own_style_terms(
    generated: Tensor, batch: SpadeBatch, styles: Styles, vgg: Vgg | None, average: Average = alone
) -> Terms:
    """Compare the first half of the generated frames with the true ones, whose style it has.

    `average` is that of processes which have a share of the batch each.
    """
    made, truth = generated[: batch.half], batch.frames[: batch.half]
    terms = {"reconstruction": pooled_l1(made.float(), truth)}
    if vgg:
        terms["perceptual"] = normalised_perceptual(vgg, made, truth, average)
    if styles.posterior:
        terms["kl"] = kl_divergence(*styles.posterior)
    return terms


def drawn_style_terms(generated: Tensor, batch: SpadeBatch, driven: int) -> Terms:
    """Ask the second half of the generated frames, in whatever style, to be lit as a street is.

    The last `driven` of them show another part of the street than the stills, and are not asked.
    """
    asked = slice(batch.half, len(generated) - driven)
    return {"light": light(generated[asked].float(), batch.frames[asked])}
