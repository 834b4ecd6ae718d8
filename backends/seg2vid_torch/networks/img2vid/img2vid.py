"""Img2Vid: the motion stage, a conditional VAE from a first frame to the T frames after it (Pan et al., CVPR 2019).

    frame 0, labels, latent -> flow and occlusion both ways -> warped frames -> refined frames

Shape symbols: N = batch, T = predicted frames, K = classes, C = image channels, H, W = height and width, R = rows of a
latent a clip, (H/16)(W/16)/16, L = numbers in a row.  Frames are in 0..1, RGB or grey.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn

from seg2vid_torch.geometry.label_depth import StreetClasses
from seg2vid_torch.networks.img2vid.camera_prior import CameraPrior
from seg2vid_torch.networks.img2vid.content_encoder import ContentEncoder
from seg2vid_torch.networks.img2vid.flow_decoder import FlowDecoder, MotionHead
from seg2vid_torch.networks.img2vid.latent_code import LatentCode
from seg2vid_torch.networks.img2vid.motion_encoder import MotionEncoder
from seg2vid_torch.networks.img2vid.refinement import Refinement
from seg2vid_torch.networks.img2vid.relay import relay
from seg2vid_torch.networks.img2vid.warp import warp
from seg2vid_torch.networks.layers import Interpolation
from seg2vid_torch.settings.sizes import MOTION_SIZES

ROW = 1024  # numbers in a latent row at width 1
LATENT_CHANNELS = 64  # of the latent laid out as a picture, at width 1


@dataclass(frozen=True)
class Posterior:
    """The distribution of the latent given the whole clip."""

    mean: Tensor
    """(N R, L)."""
    log_variance: Tensor
    """(N R, L)."""


@dataclass(frozen=True)
class Motion:
    """Flow and occlusion of the T frames; flows in grid units (see `warp`)."""

    forward_flow: Tensor
    """(N, T, 2, H, W) on the grid of frame t, times the mask if the network masks its flow: frame t samples frame 0 at
    base - flow."""
    backward_flow: Tensor
    """(N, T, 2, H, W) on the grid of frame 0, masked likewise: frame 0 samples frame t at base - flow."""
    forward_mask: Tensor
    """(N, T, 1, H, W) in 0..1: 1 = the pixel of frame t is visible in frame 0."""
    backward_mask: Tensor
    """(N, T, 1, H, W) in 0..1: 1 = the pixel of frame 0 is visible in frame t."""
    unmasked_forward_flow: Tensor
    """(N, T, 2, H, W): the forward flow before any mask, as losses of the flow itself see it."""
    unmasked_backward_flow: Tensor
    """(N, T, 2, H, W): the backward flow likewise."""

    def __getitem__(self, clips: slice) -> "Motion":
        """Return the motion of some of the N clips."""
        return Motion(*(getattr(self, field.name)[clips] for field in fields(self)))


class Img2Vid(nn.Module):
    """Assembles the parts; each lies in a file of its own."""

    def __init__(
        self,
        background: Sequence[int],
        foreground: Sequence[int],
        *,
        frames: int,
        paths: Literal[1, 2] = 2,
        image_channels: int = 3,
        interpolation: Interpolation = "bilinear",
        width: float = 1.0,
        refinement_width: float = 1.0,
        background_latent: float = 0.5,
        masked_flow: bool = True,
        residual_refinement: bool = False,
        padding: str = "zeros",
        flow_scale: float = 1.0,
        prior_classes: StreetClasses | None = None,
    ) -> None:
        """Build it.

        Args:
            background: class indices that the background's motion encoder sees.
            foreground: class indices that the foreground's sees; both are empty in a network without labels, which
                ignores those that it is given.
            frames: T.
            paths: motion encoders: one each for background and foreground (2), or one for all classes (1).
            image_channels: C, 3 or 1.
            interpolation: how decoder and heads double the size; the paper's network without labels: "nearest".
            width: factor on all channels before the refinement; 1 = the paper's.
            refinement_width: factor on the refinement's channels.
            background_latent: the background's share of the latent where there are two paths.
            masked_flow: sample at base - flow * mask (the paper) rather than at base - flow.
            residual_refinement: add to what was warped rather than paint the frame anew (the paper).
            padding: what lies outside the picture when warping: "zeros" (the paper) or "border".
            flow_scale: factor on the flow heads' outputs; 1 = the paper's.
            prior_classes: a street's classes, for a camera prior whose flow the heads correct; None = none (the paper).
        """
        super().__init__()
        self.frames, self.paths, self.masked_flow = frames, paths, masked_flow
        self.image_channels, self.sizes = image_channels, MOTION_SIZES
        self.residual_refinement, self.padding, self.flow_scale = residual_refinement, padding, flow_scale
        self.background, self.foreground = list(background), list(foreground)
        self.latent_channels = round(LATENT_CHANNELS * width)
        self.row = 16 * self.latent_channels
        first = self.foreground_column = round(self.row * background_latent)
        classes = self.classes = len(background) + len(foreground)
        build_encoder = partial(MotionEncoder, width=width, image_channels=image_channels)
        if paths == 2:
            self.background_encoder = build_encoder(len(background), frames, self.row, first)
            self.foreground_encoder = build_encoder(len(foreground), frames, self.row, self.row - first)
        else:
            self.motion_encoder = build_encoder(classes, frames, self.row, self.row)
        self.content_encoder = ContentEncoder(image_channels + classes, width)
        content = self.content_encoder.channels
        self.latent_code = LatentCode(self.row, self.latent_channels, content[-1], frames)
        self.decoder = FlowDecoder(content, frames, interpolation)
        self.forward_head = MotionHead(self.decoder.outputs, width, interpolation)
        self.backward_head = MotionHead(self.decoder.outputs, width, interpolation)
        self.mask_head = MotionHead(self.decoder.outputs, width, interpolation)
        self.refinement = Refinement(image_channels, image_channels, refinement_width)
        self.prior = CameraPrior(prior_classes, frames, first) if prior_classes else None
        if residual_refinement:  # begin with the warped frame itself
            _set_to_zero(self.refinement.out)
        if prior_classes:  # begin with the prior's flow itself
            _set_to_zero(self.forward_head.out)
            _set_to_zero(self.backward_head.out)

    def latent_size(self, height: int, width: int) -> int:
        """Return the numbers in one clip's latent."""
        return self.latent_channels * (height // 16) * (width // 16)

    def encode(self, frame: Tensor, later: Tensor, labels: Tensor) -> Posterior:
        """Return the latent's distribution.

        Args:
            frame: frame 0 (N, C, H, W).
            later: frames 1 to T (N, T, C, H, W).
            labels: class probabilities of frame 0 (N, K, H, W).
        """
        if self.paths == 1:
            return Posterior(*self.motion_encoder(frame, later, labels if self.classes else labels[:, :0]))
        paths = [
            self.background_encoder(frame, later, labels[:, self.background]),
            self.foreground_encoder(frame, later, labels[:, self.foreground]),
        ]
        mean, log_variance = (torch.cat(parts, 1) for parts in zip(*paths, strict=True))
        return Posterior(mean, log_variance)

    def predict_motion(self, frame: Tensor, labels: Tensor, latent: Tensor) -> Motion:
        """Return flow and occlusion for frame (N, C, H, W), labels (N, K, H, W) and latent (N, R, L)."""
        seen = torch.cat([frame, labels], 1) if self.classes else frame
        content = self.content_encoder(self._in_weights_precision(seen))
        features = self.decoder(self.latent_code(self._in_weights_precision(latent), content[-1]), content)
        masks = torch.sigmoid(self._read(self.mask_head, features, frame))
        forward_mask, backward_mask = masks[:, :, :1], masks[:, :, 1:]
        forward, backward = self._flows(features, labels, latent)
        return Motion(
            forward_flow=forward * forward_mask if self.masked_flow else forward,
            backward_flow=backward * backward_mask if self.masked_flow else backward,
            forward_mask=forward_mask,
            backward_mask=backward_mask,
            unmasked_forward_flow=forward,
            unmasked_backward_flow=backward,
        )

    def _flows(self, features: Tensor, labels: Tensor, latent: Tensor) -> tuple[Tensor, Tensor]:
        """Return forward and backward flow (N, T, 2, H, W): what the heads say, added to the prior if there is one."""
        forward = self.flow_scale * self._read(self.forward_head, features, labels)
        # The released code samples backward at base + flow; here both flows are subtracted.
        backward = -self.flow_scale * self._read(self.backward_head, features, labels)
        if self.prior is None:
            return forward, backward
        prior_forward, prior_backward = self.prior(labels.float(), latent.float())
        return prior_forward + forward, prior_backward + backward

    def _read(self, head: MotionHead, features: Tensor, picture: Tensor) -> Tensor:
        """Return what a head says of the T frames after `picture` (N, ..., H, W): (N, T, 2, H, W) in float32."""
        n, _, height, width = picture.shape
        return relay(head(features).float(), (n, self.frames, 2, height, width))

    def warp(self, source: Tensor, flow: Tensor) -> Tensor:
        """Warp one picture (N, C, H, W) by the flows (N, T, 2, H, W) of T frames; return (N, T, C, H, W)."""
        repeated = source.repeat_interleave(flow.shape[1], 0)
        return warp(repeated, flow.flatten(0, 1), padding=self.padding).unflatten(0, flow.shape[:2])

    def refine(self, warped: Tensor, mask: Tensor, noise: Tensor) -> Tensor:
        """Return refined frames (N, C, H, W) in 0..1.

        Args:
            warped: warped frames (N, C, H, W).
            mask: their occlusion masks (N, 1, H, W); what they hide is filled with noise.
            noise: (N, C, H, W), standard normal.
        """
        painted = self.refinement(self._in_weights_precision(warped * mask + noise * (1 - mask))).float()
        if self.residual_refinement:
            return (warped + torch.tanh(painted)).clamp(0, 1)
        return torch.sigmoid(painted)

    def _in_weights_precision(self, tensor: Tensor) -> Tensor:
        """Return the tensor as the learned layers take it: half precision once the network is; all else is float32."""
        return tensor.to(self.refinement.out.weight.dtype)


def _set_to_zero(layer: nn.Module) -> None:
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
