"""How much a worker made, and how fast."""

from dataclasses import asdict, dataclass
from typing import Any

from seg2vid_cli.terminal.tables import Table, number


@dataclass
class WorkerReport:
    """One worker, as JSON's `workers` lists it."""

    worker: int
    """1, 2, ..."""
    host: str
    """The machine that it last ran on."""
    clips: int = 0
    frames: int = 0
    failures: int = 0
    """Of clips."""
    replaced: int = 0
    """How often it died, and another took its place."""
    seconds: float = 0
    """That it worked, its session's opening left out."""

    @property
    def frames_per_s(self) -> float | None:
        """Frames for each second that it worked; None if it made none."""
        return self.frames / self.seconds if self.frames and self.seconds else None

    def data(self) -> dict[str, Any]:
        """Return it as JSON gives it."""
        speed = self.frames_per_s
        rounded = {"seconds": round(self.seconds, 3), "frames_per_s": None if speed is None else round(speed, 2)}
        return asdict(self) | rounded


def table(reports: list[WorkerReport]) -> Table:
    """Return the reports as a table."""
    return {
        "worker": [str(report.worker) for report in reports],
        "host": [report.host for report in reports],
        "made\nclips": [str(report.clips) for report in reports],
        "failed\nclips": [str(report.failures) for report in reports],
        "replaced\ntimes": [str(report.replaced) for report in reports],
        "speed\nframes/s": [number(report.frames_per_s, 2) for report in reports],
    }
