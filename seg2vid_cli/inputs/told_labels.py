"""Label maps of pictures that have none, told by a model that can."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from seg2vid_cli.inputs.label_maps.reading import resize_nearest
from seg2vid_interface.backend import Segments, Session
from seg2vid_interface.errors import UsageError
from seg2vid_interface.graphs import motion_size
from seg2vid_interface.model_card import ModelCard, ModelFolder

HINT = 'Take a model whose `seg2vid models show` says "label maps of pictures"; `seg2vid train labels` makes one.'


def check_segments(card: ModelCard, flag: str = "--model") -> None:
    """Raise UsageError unless the model that a flag names can tell labels."""
    if not card.segments:
        raise UsageError(f"{flag} {card.name}: it cannot tell the labels of a picture", HINT)


def with_labels_stage_alone(model: ModelFolder) -> ModelFolder:
    """Return a model that tells labels without what paints and moves, which need not be loaded then."""
    stages = {"labels": model.card.stages["labels"]}
    return ModelFolder(model.path, model.card.model_copy(update={"stages": stages}))


def telling(session: Session, backend: str) -> Segments:
    """Return the session, if it tells labels.  Raises UsageError if it does not, naming its backend."""
    if not isinstance(session, Segments):
        raise UsageError(
            f"--backend {backend}: cannot tell the labels of a picture", "Use another --backend; auto finds one."
        )
    return session


def tell_labels(picture: NDArray[np.uint8], card: ModelCard, session: Session, backend: str) -> NDArray[np.uint8]:
    """Return class indices (H, W) of a picture (H, W, 3), RGB, of the session's size.

    They are told at about the size for which the model was made, and enlarged: at 256x512 a network that learned at
    128x256 tells less, not more.

    Raises:
        UsageError: the backend cannot tell them.
        ModelError: the model cannot, or its file is damaged.
    """
    teller = telling(session, backend)
    height, width = motion_size(card, *picture.shape[:2])
    if picture.shape[:2] != (height, width):
        picture = np.array(Image.fromarray(picture).resize((width, height), Image.Resampling.LANCZOS))
    return resize_nearest(teller.segment(picture), session.height, session.width)
