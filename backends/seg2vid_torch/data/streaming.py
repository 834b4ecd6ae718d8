"""Training frames that are too many for memory: read from packed data sets, some shards at a time.

Every epoch goes through the shards in another order, in rounds of as many as ROUND_BYTES hold; while the steps of a
round draw from its frames in any order, the next round is read.  Which round a step has depends on the seed and the
step alone, so that a resumed run draws what an unbroken one would have.
"""

import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import torch

from seg2vid_torch.data.batches import numpy_generator
from seg2vid_torch.data.division import Divided, undivided
from seg2vid_torch.data.frame_store import FrameStore, joined
from seg2vid_torch.data.packed import SHARD_BYTES, Packed, Shard, read_shard
from seg2vid_torch.data.reading import ReadFrames
from seg2vid_torch.networks.colors import from_rgb

ROUND_BYTES = 96 << 20
"""What the frames of a round take; three rounds are in memory: the first, of which samples are, this and the next."""


class Stream:
    """The training frames of packed data sets, a round at a time."""

    def __init__(
        self,
        packed: Sequence[Packed],
        *,
        batch: int,
        seed: int,
        device: torch.device,
        channels: int = 3,
        divided: Divided = undivided,
    ) -> None:
        """Begin with nothing read; the work of reading may be `divided`."""
        self._divided = divided
        self._shards = [(data, shard) for data in packed for shard in data.splits["train"]]
        self._seed, self._device, self._channels = seed, device, channels
        self.frames = sum(shard.frames for _, shard in self._shards)
        self.clips = sum(len(shard.clips) for _, shard in self._shards)
        self._rounds = -(-len(self._shards) // (ROUND_BYTES // SHARD_BYTES))
        self._steps = max(1, -(-self.frames // (self._rounds * batch)))
        self._pool = ThreadPoolExecutor(1)
        self._read: dict[int, Future[FrameStore]] = {}
        self._current: tuple[int, FrameStore] | None = None
        self.read_per_second = 0.0
        """Frames, when the last round was read."""

    def at(self, step: int) -> FrameStore:
        """Return the frames that a step draws from."""
        number = step // self._steps
        if self._current is None or self._current[0] != number:
            self._current = None  # freed before more is read
            self._read = {n: read for n, read in self._read.items() if n == number}
            store = self._reading(number).result()
            self._current = number, store.on(self._device)
            del self._read[number]
            self._reading(number + 1)
        return self._current[1]

    def _reading(self, number: int) -> Future[FrameStore]:
        if number not in self._read:
            self._read[number] = self._pool.submit(self._read_round, number)
        return self._read[number]

    def _read_round(self, number: int) -> FrameStore:
        began = time.perf_counter()
        read: deque[ReadFrames] = deque()
        for frames in self._divided(self._shards_of(number), _read_shards):
            read.append(replace(frames, images=from_rgb(torch.from_numpy(frames.images), self._channels).numpy()))
        data, _ = self._shards[0]
        store = joined(read, (self._channels, data.height, data.width))
        self.read_per_second = len(store) / (time.perf_counter() - began)
        return store

    def _shards_of(self, number: int) -> list[tuple[Packed, Shard]]:
        epoch, in_epoch = divmod(number, self._rounds)
        order = numpy_generator(self._seed, epoch, "shards").permutation(len(self._shards))
        return [self._shards[index] for index in np.array_split(order, self._rounds)[in_epoch]]

    def close(self) -> None:
        """Read no more."""
        self._pool.shutdown(cancel_futures=True)


def _read_shards(shards: Sequence[tuple[Packed, Shard]]) -> Iterator[ReadFrames]:
    return (read_shard(data, shard) for data, shard in shards)
