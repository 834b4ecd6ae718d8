"""One training step of the two-path network as the released code takes it: losses, gradients, running statistics."""

from functools import cache

import torch
from torch import Tensor, nn

from golden.folder import GoldenFolder
from golden.inputs import FRAMES, Inputs, img2vid, vgg19
from seg2vid_torch.networks.img2vid.img2vid import Img2Vid
from seg2vid_torch.published.names import img2vid_modules
from seg2vid_torch.settings.loading import load_settings
from seg2vid_torch.settings.motion import MotionSettings, MotionWeights
from seg2vid_torch.training.motion_terms import (
    MotionBatch,
    flow_terms,
    latent_terms,
    perceptual_terms,
    refinement_terms,
    warping_terms,
)
from seg2vid_torch.training.terms import Terms, weighted_sum

TERMS = {
    "recon": "reconstruction",
    "recon_back": "reconstruction_back",
    "recon_before": "reconstruction_before",
    "kl": "kl_of_batch",
    "flow_consistency": "consistency",
    "similarity": "similarity",
    "vgg": "perceptual",
    "mask": "visibility",
}
"""Published loss term -> ours; "flow" is our smoothness with its weight."""
PARTS = {
    "motion_net_bg": "background_encoder",
    "motion_net_fg": "foreground_encoder",
    "encoder": "content_encoder",
    "flow_decoder": "decoder",
    "zconv": "latent_code.join",
    "fc": "latent_code.linear",
    "flownext": "forward_head",
    "flowprev": "backward_head",
    "get_mask": "mask_head",
    "refine_net": "refinement",
}
"""Published part -> ours, as the gradients are told of."""


@cache
def training_step(golden: GoldenFolder) -> dict[str, Tensor]:
    """Return losses, gradient norms and running statistics, all named as in the golden numbers."""
    network = img2vid(golden, "two_path").train()
    terms, weights = _terms(golden, network), _paper_weights()
    total = weighted_sum(terms, weights)
    total.backward()
    measured = {f"loss.{theirs}": terms[ours].detach() for theirs, ours in TERMS.items()}
    measured |= {"loss.flow": weights.smoothness * terms["smoothness"].detach(), "loss.total": total.detach()}
    for theirs, ours in PARTS.items():
        gradients = [p.grad.flatten() for p in network.get_submodule(ours).parameters() if p.grad is not None]
        # In float32 the sum over a million squares would be off by more than the networks differ.
        measured[f"gradnorm.{theirs}"] = torch.cat(gradients).norm(dtype=torch.float64)
    layers = dict(network.named_modules())
    for theirs, ours in img2vid_modules().items():
        layer = layers.get(ours)  # not every kind of network has every layer
        if isinstance(layer, nn.BatchNorm2d | nn.BatchNorm3d):
            measured[f"running_mean.{theirs}"] = layer.running_mean
            measured[f"running_var.{theirs}"] = layer.running_var
    return measured


def _paper_weights() -> MotionWeights:
    settings = load_settings("motion", "paper", {"vgg_weights": "the recipe's"})
    assert isinstance(settings, MotionSettings)
    return settings.weights


def _terms(golden: GoldenFolder, network: Img2Vid) -> Terms:
    """Return the terms that training with the preset `paper` has, on a batch of real clips."""
    inputs = Inputs(golden)
    frame, noise = inputs.frames[:, 0], inputs.picture("noise", 3)
    batch = MotionBatch(
        frames=inputs.frames,
        labels=inputs.labels,
        known=torch.ones_like(inputs.frames[:, :, :1]),
        real=inputs.batch,
        before=None,
        teacher=None,
    )
    posterior = network.encode(frame, inputs.frames[:, 1:], inputs.labels)
    motion = network.predict_motion(frame, inputs.labels, inputs.latent)
    warped = network.warp(frame, motion.forward_flow)
    refined = [network.refine(warped[:, t], motion.forward_mask[:, t], noise) for t in range(FRAMES)]
    mean, log_variance = (part.view(inputs.latent.shape) for part in (posterior.mean, posterior.log_variance))
    return {
        **warping_terms(batch, motion, warped, network),
        **flow_terms(batch, motion),
        **perceptual_terms(batch, warped, vgg19(golden)),
        **refinement_terms([(refined[t], batch.frames[:, t + 1]) for t in range(FRAMES)], FRAMES),
        **latent_terms(mean, log_variance, len(mean)),
    }
