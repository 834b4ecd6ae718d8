"""What a model's image stage sees of a scene beside the label map that the whole model sees."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seg2vid_cli.inputs.label_maps.reading import resize_nearest
from seg2vid_interface.instance_edges import instance_edges

if TYPE_CHECKING:
    from seg2vid_interface.model_card import ModelCard


@dataclass(frozen=True)
class ImageConditions:
    """At the image stage's height and width, S H and S W; None is what it does not see."""

    label_map: NDArray[np.uint8] | None = None
    """(S H, S W), class indices of the image stage's own label space."""
    edges: NDArray[np.bool_] | None = None
    """(S H, S W), where instances meet."""


def image_conditions(
    card: "ModelCard", labels: NDArray[np.uint8], instances: NDArray[np.integer[Any]] | None, size: tuple[int, int]
) -> ImageConditions:
    """Return what the image stage sees.

    Args:
        card: the model's.
        labels: class indices of `card.image_labels`, of any height and width.
        instances: ids, at the same height and width; without them, every region of one class is an instance.
        size: the clip's height and width.
    """
    image_size = card.image_size(*size)
    edges = None
    if card.instance_edges:
        edges = instance_edges(resize_nearest(labels if instances is None else instances, *image_size))
    return ImageConditions(resize_nearest(labels, *image_size) if card.sees_own_labels else None, edges)
