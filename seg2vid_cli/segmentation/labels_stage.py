"""The labels stage of a model that a flag names, opened by itself for frames of one size."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from seg2vid_cli.files.cache import graph_cache
from seg2vid_cli.inputs.told_labels import check_segments, telling, with_labels_stage_alone
from seg2vid_cli.model_store.store import open_model
from seg2vid_cli.plugins import OpenedSession, open_session
from seg2vid_interface.backend import OpenOptions
from seg2vid_interface.errors import UsageError
from seg2vid_interface.model_card import ModelCard


@contextmanager
def opened_labels_stage(
    flag: str, name: str, size: tuple[int, int], *, device: str = "auto", tell: Callable[[str], None]
) -> Iterator[tuple[ModelCard, OpenedSession]]:
    """Open it with the first backend that can; give the model's whole card, and the session.

    Args:
        flag: that names the model, for messages.
        name: of the model, or its folder.
        size: height and width of the frames, in pixels.
        device: "auto", "cpu", "cuda" or "cuda:N".
        tell: is told which backends were passed over.

    Raises:
        Seg2VidError: no such model, it or no backend can tell labels, or the size does not suit it.
    """
    model = open_model(name)
    check_segments(model.card, flag)
    if model.card.label_space is None:
        raise UsageError(f"{flag} {model.card.name}: it knows no labels", "Take another model.")
    options = OpenOptions(device, size=size, cache=graph_cache())
    opened = open_session("auto", with_labels_stage_alone(model), options, tell)
    with opened.session as session:
        telling(session, opened.backend)
        yield model.card, opened
