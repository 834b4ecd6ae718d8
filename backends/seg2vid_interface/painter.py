"""The image stage of a session: from a request to the first frame, whatever the size.

An image stage that takes hints is asked to paint larger frames than it was trained for in steps: first at about its
own size, where it knows how large things are, then at twice that with the smaller picture as a hint, and so on.  Asked
for the large one at once it would put windows and wheels of the trained size, in pixels, on a car of twice the size.

Shape symbols: N = batch, C = classes that the image stage sees, h, w = height and width of a step.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from seg2vid_interface.clips import ClipRequest
from seg2vid_interface.label_spaces import LabelSpace
from seg2vid_interface.model_card import ModelCard
from seg2vid_interface.resampling import nearest, resized

ENLARGED: Final = np.float32(0.5)
"""Trust of a hint that was magnified twice."""

Size = tuple[int, int]
Paint = Callable[[Size, dict[str, NDArray[Any]]], NDArray[np.float32]]
"""Runs the image stage's graph at a size with these inputs; returns its "frame"."""


def paint(requests: Sequence[ClipRequest], card: ModelCard, size: Size, run: Paint) -> NDArray[np.float32]:
    """Return the first frames (N, 3, H, W) in 0..1 of clips of `size` = H, W that give none."""
    smallest, *larger = painting_sizes(card, size)
    pictures = run(smallest, _together([image_inputs(request, card, smallest, None) for request in requests]))
    for step in larger:
        smaller = zip(requests, pictures, strict=True)
        pictures = run(step, _together([image_inputs(request, card, step, one[None]) for request, one in smaller]))
    return pictures


def _together(inputs: Sequence[Mapping[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    return {name: np.concatenate([one[name] for one in inputs]) for name in inputs[0]}


def painting_sizes(card: ModelCard, size: Size) -> list[Size]:
    """Return the frames' sizes at which a first frame of `size` is painted, the last being `size` itself."""
    return card.halvings(*size) if card.hints else [size]


def image_inputs(
    request: ClipRequest, card: ModelCard, size: Size, smaller: NDArray[np.float32] | None
) -> dict[str, NDArray[Any]]:
    """Return what the image stage's graph takes for a frame of `size`, after a picture of half of that, if any."""
    image_size = card.image_size(*size)
    inputs: dict[str, NDArray[Any]] = {}
    label_map = request.image_label_map if card.sees_own_labels else request.label_map
    if label_map is not None and card.image_labels is not None:
        inputs["labels"] = one_hot(nearest(label_map, image_size)[None], card.image_labels)
    if card.style_size:
        inputs["style"] = request.style[None]
    if card.texture and request.texture is not None:  # a part of white noise is white noise
        inputs["texture"] = np.ascontiguousarray(request.texture[None, :, : image_size[0], : image_size[1]])
    if card.instance_edges and request.edges is not None:
        inputs["edges"] = request.edges[None, None].astype(np.float32)
    if card.hints:
        inputs["hint"], inputs["trust"] = _hint(request, image_size, smaller)
    return inputs


def _hint(
    request: ClipRequest, size: Size, smaller: NDArray[np.float32] | None
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return hint (1, 3, h, w) and trust (1, 1, h, w): what the request knows, and else the smaller picture."""
    hint, trust = np.zeros((1, 3, *size), np.float32), np.zeros((1, 1, *size), np.float32)
    if smaller is not None:
        hint, trust = np.clip(resized(smaller, size), 0, 1), np.full_like(trust, ENLARGED)
    if request.hint is None or request.trust is None:
        return hint, trust
    given_hint = nearest(request.hint.transpose(2, 0, 1)[None], size).astype(np.float32) / np.float32(255)
    given_trust = nearest(request.trust[None, None], size)
    better = given_trust > trust
    return np.where(better, given_hint, hint), np.where(better, given_trust, trust)


def one_hot(maps: NDArray[np.uint8], space: LabelSpace) -> NDArray[np.float32]:
    """Return the probabilities (N, C, h, w), 0 or 1, of class indices (N, h, w)."""
    classes = np.arange(space.size, dtype=np.uint8)[:, None, None]
    labels: NDArray[np.float32] = (maps[:, None] == classes).astype(np.float32)
    return labels
