"""Camera prior: the flow that a driving camera would cause, from the labels and the latent's code alone.

The labels tell the depth of a street, four numbers of the latent tell the camera's motion, and both together the flow;
the network adds to it what this does not know.  With the prior a scene moves as a whole from the first training step
on, and stays in one piece over many chunks.  The paper has no such thing.

Shape symbols: N = batch, T = predicted frames, K = classes, H, W = height and width, R, L = rows of a latent and their
length.
"""

import torch
from torch import Tensor, nn

from seg2vid_torch.geometry.camera_code import camera_code, path_of_code
from seg2vid_torch.geometry.camera_motion import Scene, pixel_grid, project
from seg2vid_torch.geometry.inversion import invert
from seg2vid_torch.geometry.label_depth import StreetClasses, inverse_depth
from seg2vid_torch.networks.img2vid.warp import to_grid_units

HORIZON = 0.44  # of the height; that of Cityscapes' cameras


class CameraPrior(nn.Module):
    """Labels and latent -> flow both ways; nothing in it is trained."""

    def __init__(self, classes: StreetClasses, frames: int, foreground_column: int) -> None:
        """Build it for T frames and a latent whose foreground part begins at `foreground_column` of a row."""
        super().__init__()
        self.classes, self.frames, self.foreground_column = classes, frames, foreground_column

    def forward(self, labels: Tensor, latent: Tensor) -> tuple[Tensor, Tensor]:
        """Return forward and backward flow (N, T, 2, H, W) in grid units, signed as in `Motion`.

        Args:
            labels: class probabilities (N, K, H, W).
            latent: (N, R, L).
        """
        height, width = labels.shape[2:]
        horizon = latent.new_full((labels.shape[0],), HORIZON * height)
        pitch = latent.new_zeros(labels.shape[0], 1)
        path = path_of_code(camera_code(latent, self.foreground_column), horizon=horizon, pitch=pitch)
        masks = self.classes.masks(labels)
        scene = Scene(inverse_depth(masks, horizon), masks.foreground, masks.bonnet)
        grid = pixel_grid(height, width, labels.device)
        moments = torch.arange(1, self.frames + 1, device=labels.device, dtype=torch.float32)
        places = project(scene, path, moments, pitch)
        origins, _ = invert(places, scene.nearness)
        return to_grid_units(grid - origins), to_grid_units(grid - places)
