"""Which samples of a batch a process takes."""

import numpy as np
import pytest
import torch

from seg2vid_torch.data.motion_batches import RealClips
from seg2vid_torch.data.shares import WHOLE, SampleDraws, Share, micro_batch_of


def test_the_only_process_takes_all_and_copies_nothing():
    samples = torch.arange(4)
    assert WHOLE.of(samples) is samples


@pytest.mark.parametrize("processes", [1, 2, 3])
@pytest.mark.parametrize("accumulated", [1, 2])
def test_micro_batches_are_the_same_however_many_share_them(processes, accumulated):
    samples = torch.stack([torch.arange(24)] * 2)
    together = [set() for _ in range(accumulated)]
    for rank in range(processes):
        share = Share(rank, processes, accumulated)
        own = share.of(samples, 1)
        assert own.shape == (2, 24 // processes)
        for part, micro_batch in enumerate(share.micro_batches(own, 1)):
            # As many of each part of a batch, here of its halves.
            assert (micro_batch[0] < 12).sum() == 12 // (processes * accumulated)
            together[part] |= set(micro_batch[0].tolist())
    assert together == [set(range(part, 24, accumulated)) for part in range(accumulated)]


def test_all_is_drawn_and_a_share_returned():
    def draw(share):
        draws = SampleDraws(np.random.default_rng(3), 4, share)
        some = draws.normal(2), draws.even(), draws.uniform(5, 6, 1), draws.integers(9)
        return *some, draws.of(lambda generator, count: torch.from_numpy(generator.random(count)))

    for whole, own in zip(draw(WHOLE), draw(Share(1, 2)), strict=True):
        assert torch.equal(own, whole[1::2])
        assert own.dtype == whole.dtype


def test_a_micro_batch_of_a_dataclass():
    clips = RealClips(torch.arange(4), torch.arange(4) + 10)
    part = micro_batch_of(clips, Share(accumulated=2), 1)
    assert (part.frames.tolist(), part.labels.tolist()) == ([2, 3], [12, 13])
    assert micro_batch_of(None, Share(accumulated=2), 1) is None
