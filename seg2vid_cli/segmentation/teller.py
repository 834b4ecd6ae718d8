"""Labels for data sets that have none: `seg2vid data --label-with MODEL`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from seg2vid_cli.inputs.told_labels import tell_labels
from seg2vid_cli.segmentation.labels_stage import opened_labels_stage
from seg2vid_interface.data_tools import LabelTeller
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
    with opened_labels_stage(FLAG, name, (height, width), tell=tell) as (card, opened):
        assert card.label_space is not None  # or it would not be opened
        session = opened.session
        tell(f"labels are told by the model {card.name}, backend {opened.backend}, device {session.device}")
        teller = partial(tell_labels, card=card, session=session, backend=opened.backend)
        yield LabelTeller(f"told by the model {card.name}", teller), card.label_space
