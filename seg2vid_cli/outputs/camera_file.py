"""`--save camera`: the path that a camera drove, as `--camera` reads it, and how it projects."""

import json
import math

import numpy as np

from seg2vid_interface.driving.paths import RATES, Drive
from seg2vid_interface.model_card import Camera


def camera_file(drive: Drive, frames: int, camera: Camera, size: tuple[int, int], motion_height: int) -> str:
    """Return the text of the JSON file for a clip of so many frames.

    A row for every frame up to the end of the last chunk, which is driven whole: at the frames' moments the path has
    exactly the numbers of the rows, so that given again it is driven the same to the last bit.

    Args:
        drive: of the clip.
        frames: its length.
        camera: the model's.
        size: height and width of the frames.
        motion_height: that at which motion is told for frames of this size.
    """
    driven = 1 + math.ceil((frames - 1) / drive.chunk_frames) * drive.chunk_frames
    times = np.arange(driven) / drive.frames_per_second
    rows = [
        {"time": time, **dict(zip(RATES, rates, strict=True))}
        for time, rates in zip(times.tolist(), drive.path.rates(times).tolist(), strict=True)
    ]
    height, width = size
    horizon = (camera.horizon * motion_height + 0.5) * height / motion_height - 0.5  # the same place in other pixels
    intrinsics = {
        "focal_length": camera.focal_length * width,
        "principal_point": [(width - 1) / 2, horizon],
        "camera_height": camera.height,
    }
    lines = ",\n".join(f"    {json.dumps(row)}" for row in rows)  # a row a line, for people
    return (
        f'{{\n  "frames_per_second": {json.dumps(drive.frames_per_second)},\n'
        f'  "intrinsics": {json.dumps(intrinsics)},\n  "camera": [\n{lines}\n  ]\n}}\n'
    )
