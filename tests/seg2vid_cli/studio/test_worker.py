import threading

import pytest

from seg2vid_cli.studio.failures import BusyError, CancelledError, InternalError
from seg2vid_cli.studio.worker import MOST_WAITING, Job, Worker


@pytest.fixture
def defects():
    return []


@pytest.fixture
def worker(defects):
    worker = Worker(defects.append)
    yield worker
    assert worker.close(5)


class Blocked:
    """A job that runs until it is let go."""

    def __init__(self, worker):
        self.has_begun, self.may_end = threading.Event(), threading.Event()
        self.ends = []
        self.job = Job(self._work, self.ends.append)
        worker.submit(self.job)
        assert self.has_begun.wait(5)

    def _work(self, job):
        self.has_begun.set()
        assert self.may_end.wait(5)
        job.check()


def test_jobs_run_in_order_but_for_urgent_ones(worker):
    blocked, order, done = Blocked(worker), [], threading.Event()
    for name, is_urgent in (("a", False), ("U", True), ("V", True)):
        worker.submit(Job(lambda _, name=name: order.append(name), lambda _: None, is_urgent=is_urgent))
    worker.submit(Job(lambda _: None, lambda _: done.set()))
    blocked.may_end.set()
    assert done.wait(5)
    assert order == ["U", "V", "a"]
    assert blocked.ends == [None]


def test_places_are_told_as_they_change(worker):
    blocked, places, done = Blocked(worker), [], threading.Event()
    for name in "ab":
        worker.submit(
            Job(
                lambda _: None,
                lambda _, name=name: name == "b" and done.set(),
                lambda k, name=name: places.append((name, k)),
            )
        )
    blocked.may_end.set()
    assert done.wait(5)
    assert places == [("a", 1), ("a", 1), ("b", 2), ("b", 1)]


def test_a_full_queue_takes_no_more(worker):
    blocked = Blocked(worker)
    for _ in range(MOST_WAITING):
        worker.submit(Job(lambda _: None, lambda _: None))
    with pytest.raises(BusyError):
        worker.submit(Job(lambda _: None, lambda _: None))
    blocked.may_end.set()


def test_a_job_that_waits_is_cancelled_and_one_that_runs_ends_at_its_check(worker):
    blocked, ends = Blocked(worker), []
    waiting = Job(lambda _: ends.append("ran"), ends.append)
    worker.submit(waiting)
    for job in (waiting, blocked.job, blocked.job):
        worker.cancel(job)
    assert [type(end) for end in (*ends, *blocked.ends)] == [CancelledError, CancelledError]
    blocked.may_end.set()
    done = threading.Event()
    worker.submit(Job(lambda _: None, lambda _: done.set()))
    assert done.wait(5)
    assert len(blocked.ends) == 1


def test_a_job_that_is_withdrawn_is_not_heard_of_again(worker):
    blocked, heard = Blocked(worker), []
    job = Job(heard.append, heard.append)
    worker.submit(job)
    worker.withdraw(job)
    worker.withdraw(blocked.job)  # has begun
    blocked.may_end.set()
    assert worker.close(5)
    assert heard == []


def test_a_defect_is_reported_and_the_next_job_runs(worker, defects):
    ends, done = [], threading.Event()
    worker.submit(Job(lambda _: 1 // 0, ends.append))
    worker.submit(Job(lambda _: None, lambda _: done.set()))
    assert done.wait(5)
    (defect,) = ends
    assert defects == [defect]
    assert isinstance(defect, InternalError)
    assert defect.message == "internal error: ZeroDivisionError: integer division or modulo by zero"
    assert isinstance(defect.__cause__, ZeroDivisionError)


def test_at_its_end_all_jobs_are_cancelled_and_none_is_taken(defects):
    at_end = []
    worker = Worker(defects.append, lambda: at_end.append(1))
    blocked, ends = Blocked(worker), []
    worker.submit(Job(lambda _: None, ends.append))
    assert not worker.close(0)
    blocked.may_end.set()
    assert worker.close(5)
    assert (len(ends), len(blocked.ends), at_end) == (1, 1, [1])
    with pytest.raises(BusyError):
        worker.submit(Job(lambda _: None, lambda _: None))
