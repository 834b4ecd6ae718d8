"""The motion stage as a graph: what `seg2vid_interface.graphs` names goes in and comes out.

The PyTorch session runs these modules and those of `image_graphs`, and the export writes them to ONNX, so both compute
the same.

Shape symbols: N = batch, T = frames of a chunk, K = classes, H, W = height and width.
"""

import torch
from torch import Tensor, nn

from seg2vid_interface.graphs import OUTPUTS
from seg2vid_torch.graphs.rollout import predict_chunk
from seg2vid_torch.networks.colors import from_rgb, to_rgb
from seg2vid_torch.networks.img2vid.img2vid import Img2Vid
from seg2vid_torch.networks.img2vid.relay import relay
from seg2vid_torch.networks.img2vid.warp import to_pixels

LIKELIHOODS = 256  # that are told apart, between 0 and 1


class MotionGraph(nn.Module):
    """Frame, label probabilities, latent and noise -> a chunk, and what the next one begins with.

    Pictures are RGB whatever the network sees: a grey one is given their luma, and the first channel of the noise.
    """

    def __init__(self, network: Img2Vid, other: int | None) -> None:
        """Build it; `other` = the class of pixels of which nothing is known, those from outside the picture."""
        super().__init__()
        self.network, self.other = network, other

    def forward(
        self,
        *,
        frame: Tensor,
        latent: Tensor,
        noise: Tensor,
        labels: Tensor | None = None,
        labels_wanted: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Return the outputs of the motion graph, in the format's order; without labels, those without labels."""
        channels = self.network.image_channels
        known = frame[:, :0] if labels is None else labels
        chunk = predict_chunk(self.network, from_rgb(frame, channels), known, latent, noise[:, :channels])
        frames, motion = to_rgb(chunk.frames), chunk.motion
        outputs = {
            "frames": (frames * 255).round().to(torch.uint8).movedim(2, -1).contiguous(),
            "forward_flow": _pixel_flow(motion.forward_flow),
            "backward_flow": _pixel_flow(motion.backward_flow),
            "occlusion": motion.forward_mask[:, :, 0],
            "next_frame": frames[:, -1],
        }
        if labels is not None and labels_wanted is not None:
            outputs["label_maps"] = self._label_maps(labels, motion.forward_flow, labels_wanted)
            outputs["next_labels"] = chunk.last_labels
        return {tensor.name: outputs[tensor.name] for tensor in OUTPUTS["motion"] if tensor.name in outputs}

    def _label_maps(self, labels: Tensor, flow: Tensor, wanted: Tensor) -> Tensor:
        """Return class indices (N, T, H, W), or zeros where they are not wanted."""
        if torch.compiler.is_exporting():
            flow = relay(flow, flow.shape)  # contiguous: a branch may take a stride for a size
            (maps,) = torch.cond(wanted, self._likeliest, _no_label_maps, (labels, flow))
        else:
            (maps,) = self._likeliest(labels, flow) if wanted else _no_label_maps(labels, flow)
        return maps

    def _likeliest(self, labels: Tensor, flow: Tensor) -> tuple[Tensor]:
        """Warp labels (N, K, H, W) by the flow (N, T, 2, H, W); take `other` where nothing is known."""
        warped = self.network.warp(labels, flow)
        likeliest = (warped * LIKELIHOODS).round().argmax(2)  # the first of those that are as likely, on every runtime
        if self.other is not None:
            likeliest = likeliest.masked_fill(warped.sum(2) == 0, self.other)
        return (likeliest.to(torch.uint8),)


def _no_label_maps(labels: Tensor, flow: Tensor) -> tuple[Tensor]:  # noqa: ARG001 both branches take the same
    return (torch.zeros_like(flow[:, :, 0], dtype=torch.uint8),)


def _pixel_flow(flow: Tensor) -> Tensor:
    """Turn a flow (N, T, 2, H, W) in grid units into (N, T, H, W, 2) in pixels."""
    return to_pixels(flow).movedim(2, -1).contiguous()
