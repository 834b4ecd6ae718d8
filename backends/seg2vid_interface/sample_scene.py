"""A scene for trying models out: a street where the label space has one, a picture that goes with it, and requests."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from seg2vid_interface.clips import ClipRequest, Field
from seg2vid_interface.driving.paths import drawn_path
from seg2vid_interface.driving.scene import driven
from seg2vid_interface.instance_edges import instance_edges
from seg2vid_interface.label_spaces import CITYSCAPES, LabelSpace
from seg2vid_interface.latents import chunk_noise, image_style, image_texture, motion_latent

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
        sample: number of the clip, from 1; each has a motion and a place in the street of its own.
        frames: its length.
        first_frame: (H, W, 3) to begin with; without one, what the image stage makes, or if the model has none, a drawn
            picture.
        fields: what is wanted beside the frames; of a model without labels or camera, those that it has.
    """
    size = session.height, session.width
    if first_frame is None and "image" not in card.stages:
        first_frame = sample_picture(card, sample, size)
    seen = None if card.image_labels is None else sample_label_map(card.image_labels, sample, card.image_size(*size))
    label_map = None if card.label_space is None else sample_label_map(card.label_space, sample, size)
    latent = motion_latent(SEED, sample, session.latent_size)
    scene = driven(card, label_map, None, drawn_path(latent), card.frames_per_second, seed=SEED, sample=sample)
    absent: set[Field] = set() if card.label_space else {"labels"}
    absent |= set() if card.camera else {"depth", "objects"}
    return ClipRequest(
        label_map=label_map,
        first_frame=first_frame,
        latent=latent,
        style=image_style(SEED, sample, session.style_size),
        chunk_noise=chunk_noise(SEED, sample, card.noise_shape(*size)),
        frames=frames,
        fields=fields - absent,
        image_label_map=seen if card.sees_own_labels else None,
        edges=instance_edges(seen) if seen is not None and card.instance_edges else None,
        texture=image_texture(SEED, sample, card.texture_shape(*size)) if card.texture else None,
        **(scene.fields() if scene else {}),
    )


def sample_label_map(space: LabelSpace, sample: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return class indices of `size` = height, width: sky over walls over ground, with things standing on it.

    Classes that the label space does not have by these names are replaced by others of its own.
    """
    height, width = size
    y, x = np.mgrid[:height, :width]
    y, x = (y + 0.5) / height, (x + 0.5) / width
    sky, ground, *walls = _classes(space, (*SKY, *GROUND, *WALLS))
    labels = np.full(size, sky, np.uint8)
    roofs = HORIZON - 0.12 - 0.25 * np.abs(x - 0.5) - 0.05 * np.sin(19 * x)
    for number, wall in enumerate(walls):
        labels[(y > roofs + 0.06 * number) & (y < HORIZON + 0.3)] = wall
    labels[y > HORIZON + 0.05 + 0.25 * np.abs(x - 0.5)] = ground
    things = _classes(space, THINGS)
    for number, thing in enumerate(things * 2):
        left, large = 0.08 + 0.15 * number, 0.08 + 0.03 * (number % 3)
        foot = HORIZON + 0.1 + 0.05 * number
        labels[(y > foot - large) & (y < foot) & (x > left) & (x < left + large)] = thing
    return np.roll(labels, (sample - 1) * width // 5, axis=1)


def sample_picture(card: "ModelCard", sample: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return a picture (H, W, 3): the classes' colours under soft light, with texture that a flow can be seen by."""
    space = card.label_space or CITYSCAPES
    y, x = np.mgrid[: size[0], : size[1]]
    generator = np.random.Generator(np.random.Philox(SEED + sample - 1))
    texture = sum(np.sin(x / a + b) * np.cos(y / a + c) for a, b, c in generator.uniform(2, 12, (6, 3)))
    grain = generator.normal(0, 6, (*size, 1))
    colors = np.array([c.color for c in space.classes], np.float64)
    shaded = 0.75 * colors[sample_label_map(space, sample, size)] + 40 + 8 * np.asarray(texture)[..., None] + grain
    picture: NDArray[np.uint8] = np.clip(np.rint(shaded), 0, 255).astype(np.uint8)
    return picture


def _classes(space: LabelSpace, names: tuple[str, ...]) -> list[int]:
    """Return a class index for every name; for those that the space lacks, one after another of its classes."""
    known = [label_class.name for label_class in space.classes]
    return [known.index(name) if name in known else number % space.size for number, name in enumerate(names)]
