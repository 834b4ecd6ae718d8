"""Working ahead: one item and no more, errors where they arise, nothing left running."""

import threading
from contextlib import closing

import pytest

from seg2vid_interface.prefetch import prefetch


def test_the_next_item_is_made_while_the_last_one_is_used():
    made = threading.Event()

    def items():
        yield 1
        made.set()
        yield 2

    with closing(prefetch(items())) as row:
        assert next(row) == 1
        assert made.wait(timeout=10)  # without anyone asking for 2
        assert list(row) == [2]


def test_an_error_comes_after_the_items_before_it():
    def items():
        yield 1
        raise ValueError("broken")

    row = prefetch(items())
    assert next(row) == 1
    with pytest.raises(ValueError, match="broken"):
        next(row)


def test_closing_waits_for_what_is_being_made():
    finished = []

    def items():
        for number in range(10):
            yield number
            finished.append(number)

    with closing(prefetch(items())) as row:
        next(row)
    assert finished in ([0], [])  # one ahead at most
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("seg2vid-prefetch")]
