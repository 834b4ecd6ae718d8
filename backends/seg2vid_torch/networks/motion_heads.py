"""The heads that read forward flow, backward flow and occlusion masks from the decoder's features."""

from torch import Tensor, nn

from seg2vid_torch.networks.layers import Interpolation, Upsampling


class MotionHead(nn.Module):
    """up(-> 16 channels, k = 5), then a 5x5 convolution to two channels."""

    def __init__(self, inputs: int, width: float, interpolation: Interpolation = "bilinear") -> None:
        super().__init__()
        channels = max(4, round(16 * width))
        self.up = Upsampling(inputs, channels, kernel=5, interpolation=interpolation)
        self.out = nn.Conv2d(channels, 2, 5, padding=2)

    def forward(self, features: Tensor) -> Tensor:
        """Map (N, inputs, H/2, W/2) to (N, 2, H, W)."""
        return self.out(self.up(features))
