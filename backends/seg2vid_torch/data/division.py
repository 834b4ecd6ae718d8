"""Work on data that several processes share.  No torch here."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

Divided = Callable[[Sequence[Any], Callable[[Sequence[Any]], Iterator[Any]]], Iterator[Any]]
"""Items and what makes something of each, in their order -> what is made of all; several processes share the work."""


def undivided(items: Sequence[Any], work: Callable[[Sequence[Any]], Iterator[Any]]) -> Iterator[Any]:
    """Do all the work alone (see `Divided`)."""
    return work(items)
