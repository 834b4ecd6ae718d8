"""The run's metrics: one JSON line per interval, and TensorBoard if it is installed."""

import json
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Self

METRICS_NAME = "metrics.jsonl"
BOARD_NAME = "tensorboard"


def read_metrics(run: Path, up_to_step: int) -> list[dict[str, float]]:
    """Return the run's lines up to a step; a line that was cut off when the machine stopped is left out."""
    path = run / METRICS_NAME
    if not path.exists():
        return []
    lines = [line for line in path.read_text(encoding="utf-8").splitlines(keepends=True) if line.endswith("\n")]
    return [metrics for metrics in map(json.loads, lines) if metrics["step"] <= up_to_step]


def newest_measures(run: Path, up_to_step: int) -> dict[str, float]:
    """Return the run's newest validation measures up to a step."""
    measures: dict[str, float] = {}
    for metrics in read_metrics(run, up_to_step):
        measures |= {name: round(value, 4) for name, value in metrics.items() if name.startswith("val_")}
    return measures


class MetricsLog:
    """A context manager that appends to `metrics.jsonl`, dropping lines of steps that a resumed run does again."""

    def __init__(self, run: Path, resumed_at: int) -> None:
        self.run = run
        path = run / METRICS_NAME
        kept = read_metrics(run, resumed_at)
        temporary = path.with_suffix(".tmp")
        temporary.write_text("".join(_line(metrics) for metrics in kept), encoding="utf-8")
        temporary.replace(path)
        self._file = path.open("a", encoding="utf-8", buffering=1)
        self._board = None
        if find_spec("tensorboard"):
            from torch.utils.tensorboard import SummaryWriter

            self._board = SummaryWriter(str(run / BOARD_NAME), purge_step=resumed_at + 1)

    def write(self, step: int, metrics: Mapping[str, float]) -> None:
        """Add one line."""
        self._file.write(_line({"step": step, **metrics}))
        if self._board:
            for name, value in metrics.items():
                self._board.add_scalar(name, value, step)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        if self._board:
            self._board.close()


def _line(metrics: Mapping[str, float]) -> str:
    return json.dumps(metrics, allow_nan=False) + "\n"
