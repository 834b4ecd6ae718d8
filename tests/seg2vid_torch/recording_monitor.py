"""A training monitor for tests."""

from collections.abc import Mapping


class RecordingMonitor:
    """Remembers what it was told; asks to stop after `stop_after` steps of this session."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.begun_at: int | None = None
        self.steps_seen: list[int] = []
        self._stop_after = stop_after

    def begin(self, *, step: int, steps: int, summary: Mapping[str, object]) -> None:
        self.begun_at = step

    def advance(self, *, step: int, metrics: Mapping[str, float]) -> None:
        self.steps_seen.append(step)

    def stop_requested(self) -> bool:
        return self._stop_after is not None and len(self.steps_seen) + 1 >= self._stop_after
