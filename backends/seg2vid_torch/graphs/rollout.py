"""Rolling Img2Vid out: chunk after chunk, each from the last frame and the warped labels of the one before.

Shape symbols: N = batch, T = frames of a chunk, C = the network's image channels, K = classes, H, W = height and width.
"""

from dataclasses import dataclass

from torch import Tensor

from seg2vid_torch.networks.img2vid.img2vid import Img2Vid, Motion
from seg2vid_torch.networks.img2vid.relay import relay
from seg2vid_torch.settings.sizes import ROW_PIXELS


@dataclass(frozen=True)
class PredictedChunk:
    """T frames and what they were made from."""

    frames: Tensor
    """(N, T, C, H, W) in 0..1."""
    last_labels: Tensor
    """(N, K, H, W) class probabilities of the last frame, warped as it was."""
    motion: Motion


def predict_chunk(network: Img2Vid, frame: Tensor, labels: Tensor, latent: Tensor, noise: Tensor) -> PredictedChunk:
    """Predict the T frames after `frame`; the network is in evaluation mode.

    Args:
        network: the motion stage.
        frame: (N, C, H, W) in 0..1.
        labels: (N, K, H, W) class probabilities of the frame; K is 0 where there are no labels.
        latent: (N, latent size) or the same numbers in rows.
        noise: (N, C, H, W), standard normal; the same for the T frames.
    """
    batch, _, height, width = frame.shape
    rows = relay(latent, (batch, height * width // ROW_PIXELS, network.row))
    motion = network.predict_motion(frame, labels, rows)
    warped = network.warp(frame, motion.forward_flow)
    repeated_noise = noise.repeat_interleave(network.frames, 0)
    frames = network.refine(warped.flatten(0, 1), motion.forward_mask.flatten(0, 1), repeated_noise)
    last_labels = network.warp(labels, motion.forward_flow[:, -1:])[:, 0]
    return PredictedChunk(frames.unflatten(0, (-1, network.frames)), last_labels, motion)
