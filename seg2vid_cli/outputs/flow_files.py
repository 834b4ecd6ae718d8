"""Flow files as the optical flow benchmarks write them: on the grid of the earlier frame, leading to the later one.

Shape symbols: H, W = height and width.
"""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np
from numpy.typing import NDArray

_FLO_MAGIC: Final = np.float32(202021.25)  # whose bytes read "PIEH"
UNKNOWN: Final = np.float32(1e10)
"""Both components in a .flo file where a pixel's motion is not known; readers take whatever is beyond 1e9."""
_KITTI_ZERO, _KITTI_STEPS = 2**15, 64  # of each component: what means 0, and steps per pixel


@dataclass(frozen=True)
class OnwardFlow:
    """Where the pixels of a frame stand in the next one."""

    flow: NDArray[np.float32]
    """(H, W, 2), x and y in pixels: pixel p stands at p + flow(p) in the next frame."""
    valid: NDArray[np.bool_]
    """(H, W): False where it is hidden there, or has left the picture."""


def write_flo(path: Path, onward: OnwardFlow) -> None:
    """Write Middlebury's .flo: "PIEH", int32 width and height, float32 (H, W, 2), all little endian.  Raises OSError.

    Baker et al., "A Database and Evaluation Methodology for Optical Flow" (IJCV 2011).
    """
    height, width = onward.valid.shape
    known = np.where(onward.valid[..., None], onward.flow, UNKNOWN)
    parts = _FLO_MAGIC.astype("<f4"), np.array([width, height], "<i4"), known.astype("<f4")
    path.write_bytes(b"".join(part.tobytes() for part in parts))


def write_kitti_flow(path: Path, onward: OnwardFlow) -> None:
    """Write KITTI's PNG of 16-bit red, green and blue: 64 x + 2^15, 64 y + 2^15, and 1 = valid.  Raises OSError.

    What is not valid, or further than the 512 pixels that can be written, has zeros.
    Menze and Geiger, "Object Scene Flow for Autonomous Vehicles" (CVPR 2015), development kit.
    """
    steps = np.rint(onward.flow.astype(np.float64) * _KITTI_STEPS) + _KITTI_ZERO
    valid = onward.valid & ((steps >= 0) & (steps < 2**16)).all(-1)
    numbers = np.concatenate([steps, np.ones((*valid.shape, 1))], -1)
    path.write_bytes(_png(np.where(valid[..., None], numbers, 0).astype(np.uint16)))


def _png(picture: NDArray[np.uint16]) -> bytes:
    """Encode a picture (H, W, 3) of 16 bits a channel; Pillow knows no such pictures."""
    encoder = av.CodecContext.create("png", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.height, encoder.width, _ = picture.shape
    encoder.pix_fmt, encoder.framerate = "rgb48be", Fraction(1)
    frame = av.VideoFrame.from_ndarray(picture, format="rgb48be")
    return b"".join(bytes(packet) for part in (frame, None) for packet in encoder.encode(part))
