"""The motion stage's loss terms: which loss is asked of which frames, by the names of their weights.

Shape symbols: N = clips, T = predicted frames, C = image channels, K = classes, H, W = height and width, R, L = rows of
a latent and their length.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from seg2vid_torch.data.motion_batches import TaughtClips
from seg2vid_torch.data.teacher_clips import TeacherClips
from seg2vid_torch.losses import motion as motion_losses
from seg2vid_torch.losses.perceptual import perceptual
from seg2vid_torch.losses.shared_means import Average, alone
from seg2vid_torch.networks.img2vid.img2vid import Img2Vid, Motion
from seg2vid_torch.networks.img2vid.warp import to_pixels, warp
from seg2vid_torch.networks.vgg import Vgg19
from seg2vid_torch.training.terms import Terms


@dataclass(frozen=True)
class MotionBatch:
    """The clips of one step: `real` real ones, then the teacher's."""

    frames: Tensor
    """(N, T + 1, C, H, W) in 0..1."""
    labels: Tensor
    """(N, K, H, W) one-hot classes of frame 0."""
    known: Tensor
    """(N, T + 1, 1, H, W): 0 where a teacher's frame shows what its still does not."""
    real: int
    """How many of the clips are real."""
    before: tuple[Tensor, Tensor] | None
    """Frame and labels of the real clips T frames earlier, if the network is to predict its input from them."""
    teacher: TaughtClips | None
    """The teacher's clips with what is known of them."""


def warping_terms(batch: MotionBatch, motion: Motion, warped: Tensor, network: Img2Vid) -> Terms:
    """Compare the warped frames (N, T, C, H, W) with the later ones, and those, warped back, with frame 0."""
    truth, known = batch.frames[:, 1:], batch.known
    flow = motion.backward_flow.flatten(0, 1)
    back = warp(truth.flatten(0, 1), flow, padding=network.padding).unflatten(0, truth.shape[:2])
    backward_mask = motion.backward_mask * known[:, :1]
    return {
        "reconstruction_before": motion_losses.masked_l1(warped, truth, motion.forward_mask * known[:, 1:]),
        "reconstruction_back": motion_losses.masked_l1(back, batch.frames[:, :1], backward_mask),
    }


def perceptual_terms(batch: MotionBatch, warped: Tensor, vgg: Vgg19) -> Terms:
    """Compare the warped frames (N, T, C, H, W) with the true ones in VGG19's maps."""
    made, truth = where_known(warped, batch.frames[:, 1:], batch.known[:, 1:])
    return {"perceptual": perceptual(vgg, made.flatten(0, 1), truth.flatten(0, 1))}


def where_known(made: Tensor, truth: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
    """Return what was made and the truth; where that is unknown (0) they are equal, as nothing can be learned there."""
    return torch.where(known > 0, made, truth), truth


def refinement_terms(pairs: Sequence[tuple[Tensor, Tensor]], frames: int) -> Terms:
    """Compare refined frames (N, C, H, W) with true ones; there may be fewer pairs than the T frames."""
    return {
        "reconstruction": _mean(functional.l1_loss(*pair) for pair in pairs),
        "image_gradient": _mean(motion_losses.image_gradient(*pair) for pair in pairs),
        "gradient_difference": _mean(motion_losses.gradient_difference(*pair) for pair in pairs),
        # The paper sums over all T frames; with fewer refined ones their mean stands for the rest.
        "similarity": _mean(motion_losses.similarity(*pair) for pair in pairs) * frames,
    }


def _mean(losses: Iterable[Tensor]) -> Tensor:
    return torch.stack(list(losses)).mean()


def flow_terms(batch: MotionBatch, motion: Motion) -> Terms:
    """Ask flows and masks to be plausible."""
    real = slice(None, batch.real)  # the teacher's flow need not be guessed smooth, it is known
    first = motion[real], batch.frames[real, 0], batch.frames[real, 1]
    return {
        "smoothness": motion_losses.of_first_flow(motion_losses.flow_smoothness, *first),
        "flow_gradient": motion_losses.of_first_flow(motion_losses.flow_gradient, *first),
        "consistency": motion_losses.flow_consistency(motion),
        "visibility": motion_losses.visibility(motion[real]),
    }


def latent_terms(mean: Tensor, log_variance: Tensor, clips: int) -> Terms:
    """Ask the real clips' latents (N, R, L) to be like those that are drawn when generating; a batch has `clips`."""
    return {
        "kl": motion_losses.kl_divergence(mean, log_variance),
        "kl_of_batch": motion_losses.kl_of_batch(mean, log_variance, clips),
    }


def teacher_terms(teacher: TeacherClips, taught: Motion, average: Average = alone) -> Terms:
    """Compare flows and masks with those of the teacher's clips; `average` is that of processes which share a batch."""
    forward = to_pixels(taught.forward_flow), teacher.forward_flow, teacher.forward_visible
    backward = to_pixels(taught.backward_flow), teacher.backward_flow, teacher.backward_visible
    return {
        "teacher_flow": motion_losses.end_point_error(*forward, average)
        + motion_losses.end_point_error(*backward, average),
        "teacher_mask": motion_losses.mask_cross_entropy(taught.forward_mask, teacher.forward_visible)
        + motion_losses.mask_cross_entropy(taught.backward_mask, teacher.backward_visible),
    }
