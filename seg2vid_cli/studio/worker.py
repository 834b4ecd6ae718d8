"""The one thread that makes clips: one job at a time, a short queue before it, and every job can be cancelled."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from seg2vid_cli.studio.failures import BusyError, CancelledError, InternalError
from seg2vid_interface.errors import Seg2VidError

MOST_WAITING = 4
"""Jobs beside the one that runs; whoever comes then is sent away."""


@dataclass(eq=False)
class Job:
    """What is to be done, which the worker's thread does, and what is told of it, by whatever thread."""

    work: Callable[["Job"], None]
    """Calls `check` now and then."""
    ended: Callable[[Seg2VidError | None], None]
    """Is told once how it ended: None = well; a CancelledError, ... ."""
    moved: Callable[[int], None] = lambda _: None
    """Is told how many are ahead, while there are some."""
    is_urgent: bool = False
    """Whether it goes before those that wait and are not."""
    _cancelled: threading.Event = field(default_factory=threading.Event)
    _ending: threading.Lock = field(default_factory=threading.Lock)
    """Taken once, by whoever tells how it ended."""

    @property
    def is_cancelled(self) -> bool:
        """Whether nobody wants it any more."""
        return self._cancelled.is_set()

    def check(self) -> None:
        """Raise CancelledError if nobody wants it any more."""
        if self.is_cancelled:
            raise CancelledError

    def cancel(self) -> None:
        """Tell at once that it ended, though what is being computed is let finish."""
        self._cancelled.set()
        self.end(CancelledError())

    def run(self, report: Callable[[Seg2VidError], None]) -> Seg2VidError | None:
        """Do the work; return what went wrong.  `report` is given what is a defect."""
        try:
            self.check()
            self.work(self)
        except Seg2VidError as error:
            return error
        except Exception as error:  # noqa: BLE001  # whatever it is, the studio goes on
            defect = InternalError(error)
            report(defect)
            return defect
        return None

    def end(self, error: Seg2VidError | None) -> None:
        """Tell how it ended, unless that was told before."""
        if self._ending.acquire(blocking=False):
            self.ended(error)


class Worker:
    """Runs jobs until it is closed; its methods may be called from any thread."""

    def __init__(self, report: Callable[[Seg2VidError], None], at_end: Callable[[], None] = lambda: None) -> None:
        """Start the thread.

        Args:
            report: is given what is a defect.
            at_end: is called in the thread when it ends.
        """
        self._report, self._at_end = report, at_end
        self._changed = threading.Condition()
        self._waiting: list[Job] = []
        self._running: Job | None = None
        self._closed = False
        # A daemon, so that Ctrl-C need not wait for a network.
        self._thread = threading.Thread(target=self._work, name="seg2vid-studio-worker", daemon=True)
        self._thread.start()

    def submit(self, job: Job) -> None:
        """Put a job in the queue.  Raises BusyError if that is full."""
        with self._changed:
            if len(self._waiting) >= MOST_WAITING or self._closed:
                raise BusyError(
                    f"busy: {len(self._waiting)} clips are waiting to be made", "Try again when they are done."
                )
            place = sum(other.is_urgent for other in self._waiting) if job.is_urgent else len(self._waiting)
            self._waiting.insert(place, job)
            self._tell_places()
            self._changed.notify()

    def cancel(self, job: Job) -> None:
        """Take a job out of the queue, or let it end at its next check; harmless afterwards."""
        self.withdraw(job)
        job.cancel()

    def withdraw(self, job: Job) -> None:
        """Take a job out of the queue without a word; if it has begun, or ended, nothing happens."""
        with self._changed:
            if job in self._waiting:
                self._waiting.remove(job)
                self._tell_places()

    def close(self, seconds: float) -> bool:
        """Cancel all jobs, and wait so many seconds at most for the one that runs; return whether it has ended."""
        with self._changed:
            self._closed = True
            jobs = [*self._waiting, *([self._running] if self._running else [])]
            self._changed.notify()
        for job in jobs:
            self.cancel(job)
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _work(self) -> None:
        while (job := self._next()) is not None:
            error = job.run(self._report_defect)
            with self._changed:
                self._running = None  # before it is told, so that nobody who comes then is told to wait for it
            job.end(error)
            del job, error  # or they would keep a clip until the next one comes
        self._at_end()

    def _report_defect(self, error: Seg2VidError) -> None:
        if not self._closed:  # what a program lacks that is about to end is no defect
            self._report(error)

    def _next(self) -> Job | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            if self._closed:
                return None
            self._running = self._waiting.pop(0)
            self._tell_places()
            return self._running

    def _tell_places(self) -> None:
        for place, job in enumerate(self._waiting, 1 if self._running else 0):
            if place:
                job.moved(place)
