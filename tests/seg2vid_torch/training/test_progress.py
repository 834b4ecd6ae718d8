"""How much of a training is done."""

from types import SimpleNamespace

import pytest

from seg2vid_torch.training import progress as module
from seg2vid_torch.training.progress import Progress


@pytest.fixture
def clock(monkeypatch):
    """The clock that progress reads; a test moves it on."""
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(module.time, "perf_counter", lambda: clock.now)
    return clock


def test_by_steps():
    progress = Progress(steps=4, minutes=None, step=1)
    assert (progress.steps, progress.share, progress.finished) == (4, 0.25, False)
    progress.step = 4
    assert (progress.share, progress.finished) == (1, True)
    assert Progress(steps=0, minutes=None).finished


def test_by_the_clock_only_what_is_counted_takes_time(clock):
    progress = Progress(steps=4, minutes=0.5, step=400, seconds=6)
    assert (progress.steps, progress.share, progress.finished) == (None, 0.2, False)
    clock.now += 50
    with progress.counted():
        clock.now += 9
    clock.now += 50
    assert (progress.seconds, progress.share) == (15, 0.5)
    with progress.counted():
        clock.now += 16
    assert (progress.seconds, progress.share, progress.finished) == (31, 1, True)


def test_several_processes_agree_on_the_time_of_a_training_by_the_clock(clock):
    progress = Progress(steps=4, minutes=0.5, agreed=lambda seconds: max(seconds, 20.0))
    with progress.counted():
        clock.now += 9
    assert progress.seconds == 20
    by_steps = Progress(steps=4, minutes=None, agreed=lambda seconds: 20.0)
    with by_steps.counted():
        clock.now += 9
    assert by_steps.seconds == 9
