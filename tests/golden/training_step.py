"""One training step of the two-path network as the released code takes it: losses, gradients, running statistics."""

from functools import cache

import torch
from torch import Tensor, nn
from torch.nn import functional

from golden.folder import GoldenFolder
from golden.inputs import FRAMES, Inputs, img2vid, vgg19
from seg2vid_torch import motion_losses
from seg2vid_torch.networks.img2vid import Img2Vid
from seg2vid_torch.networks.warp import warp
from seg2vid_torch.published_names import img2vid_modules

WEIGHTS = {
    "flow": 1.0,
    "recon": 2.0,
    "recon_back": 1.0,
    "recon_before": 1.0,
    "kl": 0.1,
    "flow_consistency": 1.0,
    "similarity": 1.0,
    "vgg": 1.0,
    "mask": 0.1,
}
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
    losses = _losses(golden, network)
    losses["total"] = torch.stack([weight * losses[name] for name, weight in WEIGHTS.items()]).sum()
    losses["total"].backward()
    measured = {f"loss.{name}": loss.detach() for name, loss in losses.items()}
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


def _losses(golden: GoldenFolder, network: Img2Vid) -> dict[str, Tensor]:
    inputs = Inputs(golden)
    frame, truth, noise = inputs.frames[:, 0], inputs.frames[:, 1:], inputs.picture("noise", 3)
    posterior = network.encode(frame, truth, inputs.labels)
    motion = network.predict_motion(frame, inputs.labels, inputs.latent)
    warped = network.warp(frame, motion.forward_flow)
    refined = [network.refine(warped[:, t], motion.forward_mask[:, t], noise) for t in range(FRAMES)]
    back = warp(truth.flatten(0, 1), motion.backward_flow.flatten(0, 1)).unflatten(0, truth.shape[:2])
    mean, log_variance = (part.view(inputs.latent.shape) for part in (posterior.mean, posterior.log_variance))
    return {
        "flow": 0.01 * motion_losses.first_flow_smoothness(motion, frame, truth[:, 0]),
        "recon": functional.l1_loss(torch.stack(refined, 1), truth),
        "recon_back": motion_losses.masked_l1(back, frame[:, None], motion.backward_mask),
        "recon_before": motion_losses.masked_l1(warped, truth, motion.forward_mask),
        "kl": motion_losses.kl_divergence(mean, log_variance) * inputs.batch / 1000,
        "flow_consistency": motion_losses.flow_consistency(motion),
        "similarity": torch.stack([motion_losses.similarity(refined[t], truth[:, t]) for t in range(FRAMES)]).sum(),
        "vgg": motion_losses.perceptual(vgg19(golden), warped.flatten(0, 1), truth.flatten(0, 1)),
        "mask": motion_losses.visibility(motion),
    }
