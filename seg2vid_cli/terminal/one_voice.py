"""Of several processes that run the same command, one tells what all find wrong with it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from seg2vid_interface.errors import Seg2VidError, ToldElsewhere
from seg2vid_interface.places import Place

WORD = 10.0
"""Seconds in which the first process comes to what the others have found already."""


@contextmanager
def one_voice(place: Place) -> Iterator[None]:
    """Let errors that all processes find alike be those of the first; the others end silently, by ToldElsewhere."""
    try:
        yield
    except Seg2VidError as error:
        if place.leads:
            raise
        leave_the_word()
        raise ToldElsewhere(error.exit_code) from error


def leave_the_word() -> None:
    """Wait until the first process has ended, of which a signal tells: torchrun then ends the others."""
    time.sleep(WORD)
