"""How much of a training is done: of its steps, or of its minutes."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Progress:
    """Counts a run's steps and seconds, those of its earlier parts included.

    Only what is done within `counted` takes time: training, not loading, validation and saving.
    """

    def __init__(
        self,
        *,
        steps: int,
        minutes: float | None,
        step: int = 0,
        seconds: float = 0.0,
        agreed: Callable[[float], float] = float,
    ) -> None:
        """Go on from a step and after so many seconds; `steps` does not count where there are `minutes`.

        Several processes have `agreed` on how many seconds a training by the clock has taken.
        """
        self._agreed = agreed if minutes else float
        self.steps = None if minutes else steps
        """Where the training ends; None if its time decides."""
        self.step, self.seconds = step, seconds
        self._all_steps, self._all_seconds = steps, 60 * minutes if minutes else None

    @property
    def share(self) -> float:
        """How much is done, 0..1."""
        if self._all_seconds is not None:
            return min(1.0, self.seconds / self._all_seconds)
        return self.step / self._all_steps if self._all_steps else 1.0

    @property
    def finished(self) -> bool:
        """Whether all is done."""
        return self.share >= 1

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count the time that the block takes."""
        began = time.perf_counter()
        yield
        self.seconds = self._agreed(self.seconds + time.perf_counter() - began)
