"""What a request says of the street that a clip drives through: the camera's steps, and what the things do."""

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seg2vid_interface.driving.objects import find_objects
from seg2vid_interface.driving.paths import CameraPath, Drive

if TYPE_CHECKING:
    from seg2vid_interface.model_card import ModelCard


def driven(
    card: "ModelCard",
    label_map: NDArray[np.uint8] | None,
    instances: NDArray[np.uint16] | None,
    path: CameraPath,
    frames_per_second: float,
    *,
    seed: int,
    sample: int,
) -> dict[str, Any]:
    """Return the fields `camera`, `object_map` and `object_motion` of a `ClipRequest`; none for a model without camera.

    Args:
        card: the model's.
        label_map: (H, W) class indices of the first frame.
        instances: (H, W) ids of its things; None = they are to be told from the label map.
        path: of the camera.
        frames_per_second: of the clip.
        seed: of the clip.
        sample: its number, 1, 2, ...
    """
    if card.camera is None or card.label_space is None or label_map is None:
        return {}
    drive = Drive(path, frames_per_second, card.chunk_frames)
    objects = find_objects(label_map, instances, card.label_space, card.camera, seed=seed, sample=sample)
    return {
        "camera": drive.steps,
        "object_map": objects.numbers,
        "object_motion": partial(objects.motion, drive),
    }
