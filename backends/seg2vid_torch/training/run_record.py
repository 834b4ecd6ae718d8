"""What a training writes into its run's folder while it goes on."""

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from seg2vid_interface.staging.replacing import naming
from seg2vid_torch.training.checkpoint import save_checkpoint
from seg2vid_torch.training.metrics_log import MetricsLog
from seg2vid_torch.training.progress import Progress
from seg2vid_torch.training.run_folder import SAMPLES_NAME
from seg2vid_torch.training.stage import StageTraining


class RunRecord:
    """Metrics, samples and checkpoints of a run; a context manager, within which metrics are written."""

    def __init__(self, run: Path, stage: StageTraining, header: dict[str, Any], progress: Progress) -> None:
        self._run, self._stage, self._header, self._progress = run, stage, header, progress
        self._resources = ExitStack()
        self._log: MetricsLog

    def __enter__(self) -> Self:
        self._log = self._resources.enter_context(MetricsLog(self._run, self._progress.step))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._resources.close()

    def save(self) -> None:
        """Save a checkpoint of where the training is."""
        progress = self._progress
        save_checkpoint(self._run, self._stage, self._header | {"step": progress.step, "seconds": progress.seconds})

    def write(self, metrics: dict[str, float], *, samples: bool, saves: bool) -> dict[str, float]:
        """Write metrics, with validation and samples, and a checkpoint, where these are due; return all metrics."""
        step = self._progress.step
        if samples:
            metrics = metrics | self._stage.validate()
            with naming(self._run / SAMPLES_NAME):
                self._stage.write_samples(self._run / SAMPLES_NAME, step)
        self._log.write(step, metrics)
        if saves:
            self.save()
        return metrics
