"""Working ahead: the next thing is made while the last one is used."""

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")


def prefetch(items: Iterator[Item]) -> Generator[Item]:
    """Yield `items`, none of which is None, each made in a thread of its own while the one before is used.

    So the network makes a chunk while the one before is encoded.  Whoever stops early should close the generator: that
    waits for what is being made, so that nothing runs on.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="seg2vid-prefetch") as pool:
        following = pool.submit(next, items, None)
        while (item := following.result()) is not None:
            following = pool.submit(next, items, None)
            yield item
