"""What every session does with its requests: checks them, and shows the first frame."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from seg2vid_interface.clips import Chunk, ClipRequest
from seg2vid_interface.errors import ModelError

if TYPE_CHECKING:
    from seg2vid_interface.backend import Session
    from seg2vid_interface.model_card import ModelCard


def check_requests(requests: Sequence[ClipRequest], session: "Session", card: "ModelCard") -> None:
    """Check a batch before anything is computed.

    Raises:
        ValueError: no request, different lengths, or an array of a wrong shape, dtype or range.
        ModelError: the model lacks a stage that is needed, or needs a label map.
    """
    if not requests or len({request.frames for request in requests}) != 1:
        raise ValueError("a batch needs at least one request, and all of the same length")
    if requests[0].frames < 1:
        raise ValueError("a clip needs at least one frame")
    if requests[0].frames > 1 and "motion" not in card.stages:
        raise ModelError("this model has no motion stage", "It makes one frame: use --frames 1.")
    if requests[0].frames > 1 and card.camera is not None and "image" not in card.stages:
        raise ModelError("this model has no image stage, which paints its key frames", "Export both stages together.")
    for request in requests:
        _check_request(request, session, card)


def _check_request(request: ClipRequest, session: "Session", card: "ModelCard") -> None:
    size = session.height, session.width
    if request.first_frame is None and "image" not in card.stages:
        raise ModelError("this model has no image stage", "Give the first frame with --first-frame.")
    if request.label_map is None and card.label_space is not None:
        raise ModelError("this model needs a label map")
    check_array("latent", request.latent, (session.latent_size,), np.float32)
    check_array("style", request.style, (session.style_size,), np.float32)
    if request.first_frame is not None:
        check_array("first_frame", request.first_frame, (*size, 3), np.uint8)
    if request.label_map is not None and card.label_space is not None:
        check_array("label_map", request.label_map, size, np.uint8)
        _check_classes("label_map", request.label_map, card.label_space.size)
    if request.first_frame is None:
        _check_image_conditions(request, size, card)
    if card.camera is not None:
        _check_drive(request, size, session, card)


def _check_image_conditions(request: ClipRequest, size: tuple[int, int], card: "ModelCard") -> None:
    """Check what the image stage alone sees."""
    image_size = card.image_size(*size)
    if card.sees_own_labels and card.image_labels is not None:
        check_array("image_label_map", request.image_label_map, image_size, np.uint8)
        _check_classes("image_label_map", request.image_label_map, card.image_labels.size)
    if card.instance_edges:
        check_array("edges", request.edges, image_size, np.bool_)
    if card.texture:
        check_array("texture", request.texture, card.texture_shape(*size), np.float32)
    if request.hint is not None or request.trust is not None:
        _check_hint(request, image_size, card)


def _check_drive(request: ClipRequest, size: tuple[int, int], session: "Session", card: "ModelCard") -> None:
    """Check what a model with a camera is told of its first chunk, whether the first frame is given or not."""
    if card.texture:
        check_array("texture", request.texture, card.texture_shape(*size), np.float32)
    check_array("object_map", request.object_map, size, np.uint8)
    camera = None if request.camera is None else request.camera(0)
    check_array("camera(0)", camera, (session.chunk_frames + 1, 3), np.float32)
    motion = None if request.object_motion is None else request.object_motion(0)
    check_array("object_motion(0)", motion, (256, 4), np.float32)


def _check_hint(request: ClipRequest, image_size: tuple[int, int], card: "ModelCard") -> None:
    if not card.hints:
        raise ModelError("this model's image stage takes no hint", "Give a whole first frame.")
    check_array("hint", request.hint, (*image_size, 3), np.uint8)
    check_array("trust", request.trust, image_size, np.float32)
    if request.trust is not None and not ((request.trust >= 0) & (request.trust <= 1)).all():
        raise ValueError("trust holds numbers outside 0..1")


def _check_classes(name: str, label_map: NDArray[np.uint8] | None, classes: int) -> None:
    if label_map is not None and label_map.max() >= classes:
        raise ValueError(f"{name} holds class {label_map.max()}, the model has {classes}")


def check_array(name: str, array: NDArray[np.generic] | None, shape: tuple[int, ...], dtype: type[np.generic]) -> None:
    """Raise ValueError unless the array is there, and has this shape and dtype."""
    if array is None:
        raise ValueError(f"{name} is missing, the session needs {np.dtype(dtype)} {shape}")
    if array.shape != shape or array.dtype != dtype:
        raise ValueError(f"{name} is {array.dtype} {array.shape}, the session needs {np.dtype(dtype)} {shape}")


def first_chunk(
    request: ClipRequest,
    picture: NDArray[np.uint8],
    depth: NDArray[np.float32] | None = None,
    objects: NDArray[np.uint8] | None = None,
) -> Chunk:
    """Return a clip's first chunk: the first frame (H, W, 3), which has not moved.

    For a model with a camera it has depth (H, W) in metres and objects (H, W), see `Chunk`.
    """
    size = picture.shape[:2]
    return Chunk(
        start=0,
        frames=picture[None],
        forward_flow=np.zeros((1, *size, 2), np.float32) if "flow" in request.fields else None,
        backward_flow=np.zeros((1, *size, 2), np.float32) if "flow" in request.fields else None,
        occlusion=np.ones((1, *size), np.float32) if "occlusion" in request.fields else None,
        labels=request.label_map[None] if "labels" in request.fields and request.label_map is not None else None,
        depth=depth[None] if "depth" in request.fields and depth is not None else None,
        objects=objects[None] if "objects" in request.fields and objects is not None else None,
    )
