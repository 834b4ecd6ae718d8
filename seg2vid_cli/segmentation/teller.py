"""Labels for data sets that have none: `seg2vid data --label-with MODEL`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from seg2vid_cli.files.cache import graph_cache
from seg2vid_cli.inputs.told_labels import check_segments, tell_labels, telling, with_labels_stage_alone
from seg2vid_cli.model_store.store import open_model
from seg2vid_cli.plugins import open_session
from seg2vid_interface.backend import OpenOptions
from seg2vid_interface.data_tools import LabelTeller
from seg2vid_interface.errors import UsageError
from seg2vid_interface.label_spaces import LabelSpace

FLAG = "--label-with"


@contextmanager
def label_teller(
    name: str, height: int, width: int, tell: Callable[[str], None]
) -> Iterator[tuple[LabelTeller, LabelSpace]]:
    """Open a model for frames of a size; give what tells their labels, and the label space of these.

    Args:
        name: of the model, or its folder.
        height: of the frames, in pixels.
        width: likewise.
        tell: is told what was opened.

    Raises:
        Seg2VidError: no such model, it or no backend can tell labels, or the size does not suit it.
    """
    model = open_model(name)
    card = model.card
    check_segments(card, FLAG)
    if card.label_space is None:
        raise UsageError(f"{FLAG} {card.name}: it knows no labels", "Take another model.")
    options = OpenOptions("auto", "auto", (height, width), graph_cache())
    opened = open_session("auto", with_labels_stage_alone(model), options, tell)
    with opened.session as session:
        telling(session, opened.backend)
        tell(f"labels are told by the model {card.name}, backend {opened.backend}, device {session.device}")
        teller = partial(tell_labels, card=card, session=session, backend=opened.backend)
        yield LabelTeller(f"told by the model {card.name}", teller), card.label_space
