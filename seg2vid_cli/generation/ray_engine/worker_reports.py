"""Adding up what workers tell."""

from seg2vid_cli.generation.made import FailedInput, MadeClip
from seg2vid_cli.generation.ray_engine.messages import BlockMade
from seg2vid_cli.generation.ray_engine.worker_report import WorkerReport


class WorkerReports:
    """Of a run's workers."""

    def __init__(self) -> None:
        self._reports: dict[str, WorkerReport] = {}
        self._processes: dict[str, int] = {}

    def add(self, block: BlockMade) -> None:
        """Note what became of a block."""
        report = self._reports.setdefault(block.worker, WorkerReport(len(self._reports) + 1, block.host))
        if self._processes.setdefault(block.worker, block.process) != block.process:
            self._processes[block.worker] = block.process
            report.replaced += 1
        report.host = block.host
        report.seconds += block.seconds
        for one in block.made:
            if isinstance(one, MadeClip):
                report.clips += 1
                report.frames += one.clip.frames
            elif isinstance(one, FailedInput):
                report.failures += 1

    def list(self) -> list[WorkerReport]:
        """Return one of each worker that made anything."""
        return list(self._reports.values())
