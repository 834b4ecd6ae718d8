"""The run's metrics: one JSON line per interval, and TensorBoard if it is installed."""

import json
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Self

from seg2vid_interface.documents import parse_json
from seg2vid_interface.staging.replacing import naming, replacing

METRICS_NAME = "metrics.jsonl"
BOARD_NAME = "tensorboard"


def read_metrics(run: Path, up_to_step: int) -> list[dict[str, float]]:
    """Return the run's lines up to a step; a line that was cut off or damaged when the machine stopped is left out."""
    path = run / METRICS_NAME
    if not path.exists():
        return []
    found = map(_metrics_of, path.read_bytes().splitlines())
    return [metrics for metrics in found if metrics is not None and metrics["step"] <= up_to_step]


def _metrics_of(line: bytes) -> dict[str, float] | None:
    """Return what a line holds; None if it is not what `MetricsLog` writes."""
    try:
        metrics = parse_json(line.decode("utf-8"))
    except ValueError:
        return None
    if not isinstance(metrics, dict) or "step" not in metrics:
        return None
    return metrics if all(type(value) in (int, float) for value in metrics.values()) else None


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
        with replacing(path) as temporary:
            temporary.write_text("".join(_line(metrics) for metrics in kept), encoding="utf-8")
        self._file = path.open("a", encoding="utf-8")
        self._board = None
        if find_spec("tensorboard"):
            from torch.utils.tensorboard import SummaryWriter

            self._board = SummaryWriter(str(run / BOARD_NAME), purge_step=resumed_at + 1)

    def write(self, step: int, metrics: Mapping[str, float]) -> None:
        """Add one line.  Raises OutputError."""
        with naming(self.run / METRICS_NAME):
            self._file.write(_line({"step": step, **metrics}))
            self._file.flush()
        if self._board:
            with naming(self.run / BOARD_NAME):
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
