"""Losses of the motion stage.  Those without another source are the paper's (Pan et al., CVPR 2019, section 3.4).

Shape symbols: N = batch, T = frames, C = channels, H, W = height and width.  Flows are in grid units (see `warp`)
unless pixels are named; masks are 1 where a pixel is visible.
"""

from collections.abc import Callable
from itertools import product

import torch
from torch import Tensor
from torch.nn import functional

from seg2vid_torch.losses.shared_means import Average, alone, weighed
from seg2vid_torch.networks.img2vid.img2vid import Motion
from seg2vid_torch.networks.img2vid.warp import warp

FLOW_SCALE, IMAGE_SCALE = 128.0, 256.0  # of the bilateral smoothness, as in the released code
REACH = 2  # pixels: half the smoothness window


def masked_l1(frames: Tensor, truth: Tensor, mask: Tensor) -> Tensor:
    """Return mean(mask |frames - truth|) as the paper reconstructs: over all elements, not over the mask's sum."""
    return (mask * (frames - truth).abs()).mean()


def similarity(frames: Tensor, truth: Tensor) -> Tensor:
    """Return 0.85 (1 - SSIM) / 2 + 0.15 L1 of (N, C, H, W) (Zhao et al. 2017; windows as in Godard et al. 2017)."""
    return 0.85 * dissimilarity(frames, truth) + 0.15 * functional.l1_loss(frames, truth)


def dissimilarity(a: Tensor, b: Tensor) -> Tensor:
    """Return mean (1 - SSIM) / 2 in 0..1 of (N, C, H, W) (Godard et al. 2017, Eq. 2)."""
    return ((1 - structural_similarity(a, b)) / 2).clamp(0, 1).mean()


def structural_similarity(a: Tensor, b: Tensor) -> Tensor:
    """Return SSIM per pixel (Wang et al. 2004, Eq. 13) with 3x3 average windows, stride 1, no padding."""
    c1, c2 = 0.01**2, 0.03**2
    mean_a, mean_b, square_a, square_b, product_ab = functional.avg_pool2d(
        torch.stack([a, b, a * a, b * b, a * b]).flatten(0, 1), 3, stride=1
    ).unflatten(0, (5, -1))
    variance = square_a - mean_a**2 + square_b - mean_b**2
    covariance = product_ab - mean_a * mean_b
    luminance = (2 * mean_a * mean_b + c1) / (mean_a**2 + mean_b**2 + c1)
    return luminance * (2 * covariance + c2) / (variance + c2)


def image_gradient(frames: Tensor, truth: Tensor) -> Tensor:
    """Return mean ||dx frames| - |dx truth|| plus the same in y, of (N, C, H, W): blur costs as much as ringing.

    In the released code ("imagegradloss"), where it is not used.
    """
    across = (frames.diff(dim=3).abs() - truth.diff(dim=3).abs()).abs().mean()
    down = (frames.diff(dim=2).abs() - truth.diff(dim=2).abs()).abs().mean()
    return across + down


def gradient_difference(frames: Tensor, truth: Tensor) -> Tensor:
    """Return the sum over x and y of ||gradient frames| - |gradient truth||, divided by N C H W.

    Mathieu et al. (ICLR 2016), with alpha = 1; in the released code ("gdloss"), where it is not used.
    """
    across = (frames.diff(dim=3).abs() - truth.diff(dim=3).abs()).abs().sum()
    down = (frames.diff(dim=2).abs() - truth.diff(dim=2).abs()).abs().sum()
    return (across + down) / frames.numel()


def flow_gradient(flow: Tensor, image: Tensor) -> Tensor:
    """Return mean |flow gradient| exp(-|image gradient|), in x plus in y, of flow (N, 2, H, W) over image (N, C, H, W).

    The image's gradient is averaged over its channels (Godard et al. 2017, Eq. 3); in the released code
    ("flowgradloss"), where the bilateral smoothness is used instead.
    """
    flow, image = flow * FLOW_SCALE, image * IMAGE_SCALE
    total = flow.new_zeros(())
    for axis in (3, 2):
        weight = torch.exp(-image.diff(dim=axis).abs().mean(1, keepdim=True))
        total = total + (flow.diff(dim=axis).abs() * weight).mean()
    return total


def flow_smoothness(flow: Tensor, image: Tensor) -> Tensor:
    """Return the bilateral smoothness of flow (N, 2, H, W) over image (N, 3, H, W) in 0..1.

    Sum over the 16 offsets o of a 5x5 window without its centre row and column, over all interior pixels p, of
    ||flow(p) - flow(p + o)||^2 exp(-||image(p) - image(p + o)||^2 - |o|^2), divided by N H W: the paper's smoothness,
    as the released code ("quickflowloss") has it.
    """
    n, _, height, width = flow.shape
    flow, image = flow * FLOW_SCALE, image * IMAGE_SCALE
    total = flow.new_zeros(())
    for dy, dx in product((-2, -1, 1, 2), repeat=2):
        flow_difference = _interior(flow, 0, 0) - _interior(flow, dy, dx)
        image_difference = _interior(image, 0, 0) - _interior(image, dy, dx)
        weight = torch.exp(-image_difference.square().sum(1) - (dy * dy + dx * dx))
        total = total + (flow_difference.square().sum(1) * weight).sum()
    return total / (n * height * width)


def of_first_flow(loss: Callable[[Tensor, Tensor], Tensor], motion: Motion, frame: Tensor, first: Tensor) -> Tensor:
    """Return a loss of the first flow, forward over the first later frame plus backward over `frame`.

    The released code asks it of the first of the T flows alone, before any mask.

    Args:
        loss: `flow_smoothness` or `flow_gradient`.
        motion: of T frames.
        frame: frame 0 (N, C, H, W) in 0..1.
        first: frame 1 likewise.
    """
    return loss(motion.unmasked_forward_flow[:, 0], first) + loss(motion.unmasked_backward_flow[:, 0], frame)


def _interior(x: Tensor, dy: int, dx: int) -> Tensor:
    height, width = x.shape[-2:]
    return x[..., REACH + dy : height - REACH + dy, REACH + dx : width - REACH + dx]


def flow_consistency(motion: Motion) -> Tensor:
    """Return how far going there and back misses the start, summed over the T frames (paper, Eq. 8).

    As in the released code it is asked of the flows before any mask.
    """
    forward, backward = motion.unmasked_forward_flow.flatten(0, 1), motion.unmasked_backward_flow.flatten(0, 1)
    forward_mask, backward_mask = motion.forward_mask.flatten(0, 1), motion.backward_mask.flatten(0, 1)
    there = (backward_mask * (warp(forward, backward) + backward).abs()).mean()
    back = (forward_mask * (warp(backward, forward) + forward).abs()).mean()
    return (there + back) * motion.forward_flow.shape[1]


def visibility(motion: Motion) -> Tensor:
    """Return mean(1 - mask) of both masks: what is hidden must be worth it (the paper's mask loss)."""
    return (1 - motion.backward_mask).mean() + (1 - motion.forward_mask).mean()


def kl_divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Return the KL divergence of latents (N, R, L) from N(0, I) in nats per clip (Kingma and Welling 2014, App. B).

    In the released code ("kl_criterion"), whose training takes `kl_of_batch`.
    """
    return -0.5 * (1 + log_variance - mean**2 - log_variance.exp()).sum() / len(mean)


def kl_of_batch(mean: Tensor, log_variance: Tensor, clips: int | None = None) -> Tensor:
    """Return the same summed over a batch's clips and divided by 1000, as the released code trains with.

    `clips` are how many it has; None: these N.
    """
    return kl_divergence(mean, log_variance) * ((clips or len(mean)) / 1000)


def end_point_error(flow: Tensor, truth: Tensor, visible: Tensor, average: Average = alone) -> Tensor:
    """Return the mean Euclidean distance in pixels over the visible pixels (Baker et al., IJCV 2011).

    Asked of the teacher's clips, which the paper does not have.

    Args:
        flow: (N, T, 2, H, W) in pixels.
        truth: the same.
        visible: (N, T, 1, H, W) bool.
        average: of processes which have a share of the clips each.
    """
    # The small constant keeps the gradient finite where the flow is already right.
    distance = ((flow - truth).square().sum(2, keepdim=True) + 1e-6).sqrt()
    counted = visible.sum()
    return weighed((distance * visible).sum() / counted.clamp(min=1), counted, average)


def mask_cross_entropy(mask: Tensor, visible: Tensor) -> Tensor:
    """Return the binary cross-entropy of an occlusion mask in 0..1 against the true visibility (bool).

    Asked of the teacher's clips, which the paper does not have.
    """
    return functional.binary_cross_entropy(mask.float().clamp(1e-4, 1 - 1e-4), visible.float())
