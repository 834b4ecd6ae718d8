"""A training monitor for tests."""

from collections.abc import Mapping


class RecordingMonitor:
    """Remembers what it was told; asks to stop after `stop_after` steps of this session."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.begun_at: int | None = None
        self.steps: int | None = None
        self.share_at_beginning = 0.0
        self.steps_seen: list[int] = []
        self.shares: list[float] = []
        self._stop_after = stop_after

    def begin(self, *, step: int, steps: int | None, share: float, summary: Mapping[str, object]) -> None:
        self.begun_at, self.steps, self.share_at_beginning = step, steps, share

    def advance(self, *, step: int, share: float, metrics: Mapping[str, float]) -> None:
        self.steps_seen.append(step)
        self.shares.append(share)

    def stop_requested(self) -> bool:
        return self._stop_after is not None and len(self.steps_seen) + 1 >= self._stop_after
