"""A scene for trying models out: a street where the label space has one, a picture that goes with it, and requests."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from seg2vid_cli.inputs.conditions import ImageConditions, image_conditions
from seg2vid_interface.clips import ClipRequest, Field
from seg2vid_interface.label_spaces import CITYSCAPES, LabelSpace
from seg2vid_interface.latents import chunk_noise, image_noise, motion_latent

if TYPE_CHECKING:
    from seg2vid_interface.backend import Session
    from seg2vid_interface.model_card import ModelCard

SEED = 0

GROUND, SKY, WALLS, THINGS = ("road",), ("sky",), ("building", "vegetation", "sidewalk"), ("car", "person", "pole")
HORIZON = 0.44  # of the height


def sample_request(
    session: "Session",
    card: "ModelCard",
    sample: int,
    *,
    frames: int,
    first_frame: NDArray[np.uint8] | None = None,
    fields: frozenset[Field] = frozenset(),
) -> ClipRequest:
    """Return a request for a clip of the scene.

    Args:
        session: of the model, which says at what size.
        card: the model's.
        sample: number of the clip, from 1; each has a motion of its own.
        frames: its length.
        first_frame: (H, W, 3) to begin with; without one, what the image stage makes, or if the model has none, a drawn
            picture.
        fields: what is wanted beside the frames; of a model without labels, those that it has.
    """
    size = session.height, session.width
    space = card.label_space or CITYSCAPES
    labels = sample_label_map(space, *size)
    if first_frame is None and "image" not in card.stages:
        first_frame = sample_picture(labels, space)
    image = sample_image_conditions(card, size)
    return ClipRequest(
        label_map=labels if card.label_space else None,
        first_frame=first_frame,
        latent=motion_latent(SEED, sample, session.latent_size),
        image_noise=image_noise(SEED, sample, session.image_noise_size),
        chunk_noise=chunk_noise(SEED, sample, *size),
        frames=frames,
        fields=fields if card.label_space else fields - {"labels"},
        image_label_map=image.label_map,
        edges=image.edges,
    )


def sample_label_map(space: LabelSpace, height: int, width: int) -> NDArray[np.uint8]:
    """Return class indices (H, W): sky over walls over ground, with things standing on it.

    Classes that the label space does not have by these names are replaced by others of its own.
    """
    y, x = np.mgrid[:height, :width]
    y, x = (y + 0.5) / height, (x + 0.5) / width
    sky, ground, *walls = _classes(space, (*SKY, *GROUND, *WALLS))
    labels = np.full((height, width), sky, np.uint8)
    roofs = HORIZON - 0.12 - 0.25 * np.abs(x - 0.5) - 0.05 * np.sin(19 * x)
    for number, wall in enumerate(walls):
        labels[(y > roofs + 0.06 * number) & (y < HORIZON + 0.3)] = wall
    labels[y > HORIZON + 0.05 + 0.25 * np.abs(x - 0.5)] = ground
    things = _classes(space, THINGS)
    for number, thing in enumerate(things * 2):
        left, size = 0.08 + 0.15 * number, 0.08 + 0.03 * (number % 3)
        foot = HORIZON + 0.1 + 0.05 * number
        labels[(y > foot - size) & (y < foot) & (x > left) & (x < left + size)] = thing
    return labels


def sample_image_conditions(card: "ModelCard", size: tuple[int, int]) -> ImageConditions:
    """Return what the image stage sees of the same scene in a clip of `size` = height, width."""
    if card.image_labels is None:
        return ImageConditions()
    labels = sample_label_map(card.image_labels, *card.image_size(*size))
    return image_conditions(card, labels, None, size)


def sample_picture(labels: NDArray[np.uint8], space: LabelSpace, seed: int = 0) -> NDArray[np.uint8]:
    """Return a picture (H, W, 3): the classes' colours under soft light, with texture that a flow can be seen by."""
    height, width = labels.shape
    y, x = np.mgrid[:height, :width]
    generator = np.random.Generator(np.random.Philox(seed))
    texture = sum(np.sin(x / a + b) * np.cos(y / a + c) for a, b, c in generator.uniform(2, 12, (6, 3)))
    grain = generator.normal(0, 6, (height, width, 1))
    colors = np.array([c.color for c in space.classes], np.float64)
    shaded = 0.75 * colors[labels] + 40 + 8 * np.asarray(texture)[..., None] + grain
    picture: NDArray[np.uint8] = np.clip(np.rint(shaded), 0, 255).astype(np.uint8)
    return picture


def _classes(space: LabelSpace, names: tuple[str, ...]) -> list[int]:
    """Return a class index for every name; for those that the space lacks, one after another of its classes."""
    known = [label_class.name for label_class in space.classes]
    return [known.index(name) if name in known else number % space.size for number, name in enumerate(names)]
