"""Of several processes that run the same command, one tells what all find wrong with it."""

from collections.abc import Iterator
from contextlib import contextmanager

from seg2vid_interface.errors import Seg2VidError, ToldElsewhere
from seg2vid_interface.places import Place


@contextmanager
def one_voice(place: Place) -> Iterator[None]:
    """Let errors that all processes find alike be those of the first; the others end silently, by ToldElsewhere."""
    try:
        yield
    except Seg2VidError as error:
        if place.leads:
            raise
        raise ToldElsewhere(error.exit_code) from error
