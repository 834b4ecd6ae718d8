"""What a request says of the street that a clip drives through: the camera's steps, and what the things do."""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seg2vid_interface.driving.objects import Objects, find_objects
from seg2vid_interface.driving.paths import CameraPath, Drive
from seg2vid_interface.driving.roads import RoadPath, road_of

if TYPE_CHECKING:
    from seg2vid_interface.model_card import ModelCard


@dataclass(frozen=True)
class DrivenScene:
    """A street, the camera that drives through it, and what stands and moves there."""

    drive: Drive
    objects: Objects

    def fields(self) -> dict[str, Any]:
        """Return the fields `camera`, `object_map` and `object_motion` of a `ClipRequest`."""
        return {
            "camera": self.drive.steps,
            "object_map": self.objects.numbers,
            "object_motion": partial(self.objects.motion, self.drive),
        }


def driven(
    card: "ModelCard",
    label_map: NDArray[np.uint8] | None,
    instances: NDArray[np.uint16] | None,
    path: CameraPath,
    frames_per_second: float,
    *,
    seed: int,
    sample: int,
    on_road: bool = False,
) -> DrivenScene | None:
    """Return what a camera drives through; None for a model without camera.

    Args:
        card: the model's.
        label_map: (H, W) class indices of the first frame.
        instances: (H, W) ids of its things; None = they are to be told from the label map.
        path: of the camera.
        frames_per_second: of the clip.
        seed: of the clip.
        sample: its number, 1, 2, ...
        on_road: whether the camera keeps to the road that the label map shows, where the path would leave it.
    """
    if card.camera is None or card.label_space is None or label_map is None:
        return None
    objects = find_objects(label_map, instances, card.label_space, card.camera, seed=seed, sample=sample)
    if on_road and (road := road_of(label_map, objects, card.label_space, card.camera)):
        path = RoadPath(path, road)
    return DrivenScene(Drive(path, frames_per_second, card.chunk_frames), objects)
