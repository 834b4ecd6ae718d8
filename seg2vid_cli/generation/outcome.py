"""What became of a run: its clips, what was there before, and the inputs that failed."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from seg2vid_cli.generation.ray_engine.worker_report import WorkerReport
from seg2vid_cli.generation.tries import Judged
from seg2vid_cli.inputs.scenes import Input
from seg2vid_interface.errors import Seg2VidError


@dataclass(frozen=True, slots=True)
class Clip:
    """One finished result, as JSON's `outputs` lists it."""

    input: str | None
    """"-" for standard input."""
    output: str
    saved: list[str]
    frames: int
    height: int
    width: int
    seed: int
    sample: int
    style: int | str
    """Seed of the look, or the name of the picture that it is of."""
    camera: str | None
    """The camera's path as it was given, or "drawn"; None for a model whose camera does not drive as it is told."""
    seconds: float
    judged: Judged | None = None
    """None unless `--judge` is given; JSON leaves it out then."""

    def data(self) -> dict[str, Any]:
        """Return it as JSON gives it."""
        return {name: value for name, value in asdict(self).items() if name != "judged" or value is not None}


@dataclass(frozen=True, slots=True)
class Skipped:
    """A result that was there already, as JSON's `skipped` lists it."""

    input: str | None
    output: str
    sample: int


@dataclass
class Outcome:
    """What a run made, and which of its inputs failed."""

    model: str
    backend: str | None = None
    device: str | None = None
    precision: str | None = None
    inputs: int = 0
    """How many there are, those that failed or were skipped included."""
    outputs: list[Clip] = field(default_factory=list)
    skipped: list[Skipped] | None = None
    """None unless `--skip-existing` is given."""
    failures: dict[Input, Seg2VidError] = field(default_factory=dict)
    workers: list[WorkerReport] | None = None
    """Those of Ray that made the clips; None where this process did."""

    def put_in_order(self, inputs: Iterable[Input]) -> None:
        """List clips and failures in the order of their inputs, and samples of one in theirs."""
        order = {paths: number for number, paths in enumerate(inputs)}
        by_name = {as_text(paths.label_map): number for paths, number in order.items()}
        self.outputs.sort(key=lambda clip: (by_name[clip.input], len(clip.output), clip.output))
        self.failures = dict(sorted(self.failures.items(), key=lambda failure: order[failure[0]]))

    def data(self) -> dict[str, Any]:
        """Return JSON's `data`; it has `failures` only if some input failed, `workers` only if Ray made the clips."""
        data = {name: getattr(self, name) for name in ("model", "backend", "device", "precision")}
        data["outputs"] = [clip.data() for clip in self.outputs]
        if self.skipped is not None:
            data["skipped"] = [asdict(result) for result in self.skipped]
        if self.workers is not None:
            data["workers"] = [worker.data() for worker in self.workers]
        if self.failures:
            data["failures"] = [
                {"input": as_text(paths.label_map), "code": error.code, "message": error.message, "hint": error.hint}
                for paths, error in self.failures.items()
            ]
        return data


def as_text(path: Path | None) -> str | None:
    """Return a path as JSON gives it."""
    return None if path is None else str(path)
