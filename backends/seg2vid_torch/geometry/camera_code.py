"""The camera's motion as a code in the latent.

The teacher's clips come with their latent: it is drawn from N(0, I), as when generating, and the camera's path follows
from it.  So the motion stage learns what a latent means by supervision, every latent of the prior means plausible
driving, and there is no posterior that could collapse; the motion encoders learn to write real motion in the same code.

A number of the code is the sum of one column of the latent over its rows, divided by the square root of their number:
standard normal as well.  Two columns lie in the background's part of a row, two in the foreground's.

Shape symbols: N = clips, R = rows of a latent, L = numbers in a row, T = moments.
"""

import math

import torch
from torch import Tensor

from seg2vid_torch.geometry.camera_motion import CameraPath

TOP_SPEED = 0.4  # camera heights per frame: about 35 km/h at 17 frames/s
SLOWEST = 0.25  # of the top speed
YAW = 0.004  # radians per frame: one standard deviation
OWN_SPEED = 0.2  # camera heights per frame: the foreground's fastest
PARKED = 0.67  # standard deviations within which half of the foreground stands still
DRIFT = 0.03  # camera heights per frame: one standard deviation


def camera_code(latent: Tensor, foreground_column: int) -> Tensor:
    """Return the code (N, 4): speed, turn, the foreground's speed and its drift, each standard normal.

    Args:
        latent: (N, R, L).
        foreground_column: where the foreground's part of a row begins.
    """
    columns = [0, 1, foreground_column, foreground_column + 1]
    return latent[:, :, columns].sum(1) * latent.shape[1] ** -0.5


def path_of_code(code: Tensor, *, horizon: Tensor, pitch: Tensor) -> CameraPath:
    """Return the path that a code (N, 4) means: driving forward.

    Args:
        code: as returned by `camera_code`.
        horizon: (N,) row of the horizon in pixels.
        pitch: (N, T) nod of the camera at each moment, in radians; no code tells it.
    """
    speed, turn, own_speed, own_drift = code.unbind(1)
    share = 0.5 * (1 + torch.erf(speed / math.sqrt(2)))  # uniform in 0..1
    moves = own_speed.abs() > PARKED
    own = torch.sign(own_speed) * (own_speed.abs() - PARKED).clamp(0, 1)
    return CameraPath(
        speed=TOP_SPEED * (SLOWEST + (1 - SLOWEST) * share),
        yaw=YAW * turn,
        pitch=pitch,
        horizon=horizon,
        foreground_speed=OWN_SPEED * own,
        foreground_drift=DRIFT * own_drift * moves,
    )
