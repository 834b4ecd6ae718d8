"""The run's metrics: one JSON line per interval, and TensorBoard if it is installed."""

import json
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Self

METRICS_NAME = "metrics.jsonl"


class MetricsLog:
    """A context manager that appends to `metrics.jsonl`, dropping lines of steps that a resumed run does again."""

    def __init__(self, run: Path, resumed_at: int) -> None:
        path = run / METRICS_NAME
        kept = [line for line in _lines(path) if json.loads(line)["step"] <= resumed_at]
        path.write_text("".join(kept), encoding="utf-8")
        self._file = path.open("a", encoding="utf-8", buffering=1)
        self._board = None
        if find_spec("tensorboard"):
            from torch.utils.tensorboard import SummaryWriter

            self._board = SummaryWriter(str(run / "tensorboard"), purge_step=resumed_at + 1)

    def write(self, step: int, metrics: Mapping[str, float]) -> None:
        """Add one line."""
        self._file.write(json.dumps({"step": step, **metrics}) + "\n")
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


def _lines(path: Path) -> list[str]:
    """Return the whole lines; the last one is cut off if the machine stopped while writing it."""
    if not path.exists():
        return []
    return [line for line in path.read_text(encoding="utf-8").splitlines(keepends=True) if line.endswith("\n")]
