"""Path encoder: the camera's path through a chunk of a real clip, read from the optical flow between its frames.

A point at inverse depth d that is seen at x, y is seen at x', y' after the camera moved ahead by a, turned right by h
and looked up by n; with the focal length F, and the angles small,

    x' - x = a d x' / F - h (F + x x' / F) + n x y' / F
    y' - y = a d y' / F - h x' y / F + n (F + y y' / F)

which is linear in a, h and n.  The network says how far each pixel is to be believed; weighted least squares then give
the three for the middle and the end of the chunk, and a linear layer the path's numbers.  What is left over by wrong
depths a second head corrects.

Shape symbols: N = batch, M = 2 moments, H, W = height and width, h, w = a quarter of them.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from seg2vid_interface.model_card import Camera
from seg2vid_torch.geometry.path_numbers import MEAN_SPEED, NUMBERS, SPEED, TURN
from seg2vid_torch.networks.layers import SLOPE

REDUCED = 4  # height and width, to these shares
SPREAD = 0.05  # of the picture's width: flows are told in it
LEAST = 1e-4  # weight of the path that is likeliest beforehand
INPUTS = 8  # depth, whether it counts, flows, coordinates


class PathEncoder(nn.Module):
    """Inverse depth and flow to two later frames -> the path's numbers, each about standard normal."""

    def __init__(self, camera: Camera, frames: int, channels: int) -> None:
        """Build it for clips of this camera; `frames` = those of a chunk."""
        super().__init__()
        self.camera, self.frames = camera, frames
        self.trust = nn.Sequential(
            nn.Conv2d(INPUTS, channels, 5, padding=2),
            nn.LeakyReLU(SLOPE),
            nn.Conv2d(channels, channels, 3, padding=2, dilation=2),
            nn.LeakyReLU(SLOPE),
            nn.Conv2d(channels, 2, 3, padding=1),
        )
        widths = (INPUTS + 2, channels, channels, channels, channels)
        self.body = nn.ModuleList(
            nn.Conv2d(a, b, 3, stride=2 if level else 1, padding=1) for level, (a, b) in enumerate(pairwise(widths))
        )
        self.solved = nn.Linear(6, NUMBERS)
        self.out = nn.Linear(channels * 8, NUMBERS)
        for parameter in self.out.parameters():
            nn.init.zeros_(parameter)

    def forward(self, inverse_depth: Tensor, still: Tensor, flows: Tensor) -> Tensor:
        """Return (N, NUMBERS).

        Args:
            inverse_depth: (N, H, W) of the first frame, in pixels.
            still: (N, H, W) bool: what only the camera moves.
            flows: (N, 2, 2, H, W) from the first frame to the middle and to the end of the chunk, in pixels, x and y.
        """
        width = inverse_depth.shape[2]
        counts = still[:, None].float()
        share = functional.avg_pool2d(counts, REDUCED)
        pooled = functional.avg_pool2d(torch.cat([inverse_depth[:, None], flows.flatten(1, 2)], 1) * counts, REDUCED)
        depth, flow = (pooled / share.clamp(min=1e-3) / REDUCED).split([1, 4], 1)
        y, x = _coordinates(depth)
        told = torch.cat([(1 + REDUCED * depth).log() / 4, share, flow * REDUCED / (SPREAD * width), y, x], 1)
        weights = (self.trust(told).clamp(-8, 4)).exp() * share
        solved = self._solved(depth, flow.unflatten(1, (2, 2)), weights)
        features = torch.cat([told, weights], 1)
        for layer in self.body:
            features = functional.leaky_relu(layer(features), SLOPE)
        rest: Tensor = self.out(functional.adaptive_avg_pool2d(features, (2, 4)).flatten(1))
        return self.solved(solved) + rest

    def _solved(self, depth: Tensor, flow: Tensor, weights: Tensor) -> Tensor:
        """Return distance, turn and nod at both moments (N, 6), in deviations of a path's."""
        height, width = depth.shape[2:]
        focal = self.camera.focal_length * width
        rows = torch.arange(height, device=depth.device).view(-1, 1) + 0.5 - self.camera.horizon * height
        columns = torch.arange(width, device=depth.device) + 0.5 - width / 2
        y, x = rows.expand(height, width), columns.expand(height, width)
        there_x, there_y = x + flow[:, :, 0], y + flow[:, :, 1]
        # Units of the unknowns: in them they are of the size of one.
        ahead, angle = SPEED / self.camera.height * self.frames, TURN * self.frames
        across = [
            depth * there_x * (ahead / focal),
            -(focal + x * there_x / focal) * angle,
            x * there_y * (angle / focal),
        ]
        down = [
            depth * there_y * (ahead / focal),
            -there_x * y * (angle / focal),
            (focal + y * there_y / focal) * angle,
        ]
        columns_of = torch.stack([torch.stack(across, 2), torch.stack(down, 2)], 3).flatten(3)  # (N, M, 3, 2 h w)
        doubled = weights[:, :, None].expand(-1, -1, 2, -1, -1).flatten(2)[:, :, None]
        weighted = columns_of * doubled
        total = doubled.sum(3, keepdim=True).clamp(min=1e-6)
        square = weighted @ columns_of.transpose(2, 3) / total + LEAST * torch.eye(3, device=depth.device)
        product = (weighted * flow.flatten(2)[:, :, None]).sum(3) / total[..., 0]
        solution = torch.linalg.solve(square, product)
        return (solution - solution.new_tensor([MEAN_SPEED / SPEED / 2, 0, 0])).flatten(1)


def _coordinates(like: Tensor) -> list[Tensor]:
    """Return y and x (N, 1, h, w) in -1..1."""
    y = torch.linspace(-1, 1, like.shape[2], device=like.device).view(1, 1, -1, 1)
    x = torch.linspace(-1, 1, like.shape[3], device=like.device).view(1, 1, 1, -1)
    return [axis.expand(len(like), 1, *like.shape[2:]) for axis in (y, x)]
