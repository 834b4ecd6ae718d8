"""Motion encoder: what moved between the frames, as the mean and log variance of a latent.

Pan et al. (CVPR 2019), section 3.3.1.  The two-path model has one for background and one for foreground classes, the
one-path model one for all, the model without labels one that sees none.

Shape symbols: N = batch, T = predicted frames, K = classes seen, C = image channels, H, W = height and
width, R = rows a clip, (H/16)(W/16)/16.
"""

import torch
from torch import Tensor, nn

from seg2vid_torch.networks.layers import convolution, halving_convolution


class MotionEncoder(nn.Module):
    """Frames and one-hot classes -> mean and log variance."""

    def __init__(
        self, classes: int, frames: int, row: int, latent: int, *, width: float, image_channels: int = 3
    ) -> None:
        """Build it.

        Args:
            classes: K.
            frames: T.
            row: numbers in a row of the flattened code that the linear layers see (the paper: 1024).
            latent: numbers that they make of it.
            width: factor on the channels; 1 = the paper's.
            image_channels: C.
        """
        super().__init__()
        a, b, c = (round(channels * width) for channels in (32, 64, 128))
        self.row = row
        self.convolutions = nn.Sequential(
            halving_convolution(image_channels * (1 + frames) + classes, a, norm=False),
            halving_convolution(a, b),
            convolution(b, b, bias=False),
            halving_convolution(b, c),
            convolution(c, c, bias=False),
            nn.Conv2d(c, b, 4, stride=2, padding=1, bias=False),
        )
        self.mean = nn.Linear(row, latent)
        self.log_variance = nn.Linear(row, latent)

    def forward(self, frame: Tensor, later: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log variance, each (N R, latent).

        Args:
            frame: frame 0 (N, C, H, W) in 0..1.
            later: frames 1 to T (N, T, C, H, W) in 0..1.
            labels: one-hot classes of frame 0 (N, K, H, W); K may be 0.
        """
        differences = (later - frame[:, None]).flatten(1, 2)
        code = self.convolutions(torch.cat([frame, differences, labels], 1))
        rows = code.contiguous().view(-1, self.row)
        return self.mean(rows), self.log_variance(rows)
