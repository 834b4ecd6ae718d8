"""What our networks and losses say to the golden numbers' inputs: one function per group of keys.

Names of the keys are those of the golden numbers: flow and flowback are before any mask, flowback is added when
sampling (ours is subtracted), mu and logvar are the posterior's.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor

from golden.folder import GoldenFolder
from golden.inputs import Inputs, img2vid, vgg19, with_recipe_weights
from golden.training_step import training_step
from seg2vid_cli.outputs.visualize import flow_to_color
from seg2vid_torch.graphs.rollout import predict_chunk
from seg2vid_torch.losses import motion as motion_losses
from seg2vid_torch.networks.img2vid.img2vid import Motion
from seg2vid_torch.networks.pix2pixhd.global_generator import GlobalGenerator
from seg2vid_torch.networks.pix2pixhd.local_enhancer import LocalEnhancer
from seg2vid_torch.networks.pix2pixhd.multiscale_discriminator import MultiscaleDiscriminator
from seg2vid_torch.published.names import global_generator_modules, local_enhancer_modules

Measured = Mapping[str, Any]
"""Key without the group's prefix -> tensor, array or number."""

CONDITIONS = 36  # of pix2pixHD: 35 label ids and the instance edges
DISCRIMINATOR_MODULES = {  # published -> ours; pix2pixHD's authors count from the coarsest scale
    f"scale{1 - scale}_layer{layer}.0": f"scales.{scale}.layers.{layer}.0" for scale in range(2) for layer in range(5)
}


@torch.no_grad()
def img2vid_chunk(golden: GoldenFolder, published: str) -> Measured:
    """Return what a network of the published kinds makes of the first frame."""
    inputs, network = Inputs(golden), img2vid(golden, published)
    frames, labels, noise = inputs.frames, inputs.labels, inputs.picture("noise", 3)
    if "no_label" in published:
        labels = labels[:, :0]
    if "grey" in published:
        frames, noise = frames[:, :, :1], noise[:, :1]
    posterior = network.encode(frames[:, 0], frames[:, 1:], labels)
    chunk = predict_chunk(network, frames[:, 0], labels, inputs.latent, noise)
    return {
        "mu": posterior.mean,
        "logvar": posterior.log_variance,
        "flow": chunk.motion.unmasked_forward_flow.transpose(1, 2),
        "flowback": -chunk.motion.unmasked_backward_flow.transpose(1, 2),
        "mask_fw": chunk.motion.forward_mask[:, :, 0],
        "mask_bw": chunk.motion.backward_mask[:, :, 0],
        "warped": network.warp(frames[:, 0], chunk.motion.forward_flow),
        "refined": chunk.frames,
    }


@torch.no_grad()
def second_chunk(golden: GoldenFolder) -> Measured:
    inputs, network = Inputs(golden), img2vid(golden, "two_path")
    chunk = predict_chunk(network, inputs.frames[:, 0], inputs.labels, inputs.latent, inputs.picture("noise", 3))
    labels = chunk.last_labels
    second = predict_chunk(network, chunk.frames[:, -1], labels, inputs.latent, inputs.picture("noise2", 3))
    return {"labels": labels, "refined_second_chunk": second.frames}


def single_losses(golden: GoldenFolder) -> Measured:
    inputs = Inputs(golden)
    first, second = inputs.frames[:, 0], inputs.frames[:, 1]
    flow, back = 0.05 * inputs.picture("lossflow", 2), -0.05 * inputs.picture("lossflowback", 2)
    smooth = 0.005 * inputs.picture("smooth", 3)
    visible = torch.ones_like(flow[:, :1])
    both_ways = flow[:, None], back[:, None]
    motion = Motion(*both_ways, visible[:, None], visible[:, None], *both_ways)
    return {
        "gdloss": motion_losses.gradient_difference(first, second),
        "imagegradloss": motion_losses.image_gradient(first, second),
        "ssim": motion_losses.dissimilarity(first, second),
        "quickflowloss": motion_losses.flow_smoothness(flow, first),
        "quickflowloss_smooth": motion_losses.flow_smoothness(flow, smooth),
        "flowgradloss": motion_losses.flow_gradient(flow, first),
        "flowgradloss_smooth": motion_losses.flow_gradient(flow, smooth),
        "flowconsist": motion_losses.flow_consistency(motion),
        "reconT": motion_losses.masked_l1(inputs.frames[:, :-1], inputs.frames[:, 1:], visible[:, None]),
        "kl_criterion": 1000 / inputs.batch * training_step(golden)["loss.kl"],
    }


@torch.no_grad()
def vgg_maps(golden: GoldenFolder) -> Measured:
    maps = vgg19(golden)(Inputs(golden).frames[:, 0])
    return {"mean": torch.stack([m.mean() for m in maps]), "std": torch.stack([m.std() for m in maps])}


def flow_colours(golden: GoldenFolder) -> Measured:
    flow = 0.2 * Inputs(golden).draw("colourflow", (32, 48, 2)).numpy()
    return {"": flow_to_color(3 * flow)}


@torch.no_grad()
def pix2pixhd_global(golden: GoldenFolder) -> Measured:
    network = with_recipe_weights(
        lambda: GlobalGenerator(CONDITIONS), golden, "pix2pixhd_global", global_generator_modules()
    )
    return {"": network(_conditions(golden))}


@torch.no_grad()
def pix2pixhd_local(golden: GoldenFolder) -> Measured:
    network = with_recipe_weights(
        lambda: LocalEnhancer(CONDITIONS), golden, "pix2pixhd_local", local_enhancer_modules()
    )
    return {"": network(_conditions(golden))}


@torch.no_grad()
def pix2pixhd_discriminator(golden: GoldenFolder) -> Measured:
    network = with_recipe_weights(
        lambda: MultiscaleDiscriminator(CONDITIONS + 3), golden, "pix2pixhd_discriminator", DISCRIMINATOR_MODULES
    )
    scales = network(Inputs(golden).draw("p2p_d_input", (1, CONDITIONS + 3, 64, 128), "uniform"))
    return {"mean": torch.stack([torch.stack([layer.mean() for layer in scale]) for scale in scales])}


def _conditions(golden: GoldenFolder) -> Tensor:
    return Inputs(golden).draw("p2p_input", (1, CONDITIONS, 64, 128), "uniform")


GROUPS: Mapping[str, Callable[[GoldenFolder], Measured]] = {
    "two_path.eval.": partial(img2vid_chunk, published="two_path"),
    "two_path.train.": training_step,
    "iterative.eval.": second_chunk,
    "one_path.eval.": partial(img2vid_chunk, published="one_path"),
    "no_label.eval.": partial(img2vid_chunk, published="no_label"),
    "no_label_grey.eval.": partial(img2vid_chunk, published="no_label_grey"),
    "loss.": single_losses,
    "vgg.": vgg_maps,
    "flow_colour": flow_colours,
    "pix2pixhd.global": pix2pixhd_global,
    "pix2pixhd.local": pix2pixhd_local,
    "pix2pixhd.discriminator.": pix2pixhd_discriminator,
}
"""Beginning of a key -> what measures all keys that begin so."""
