"""Fixtures of the torch backend's tests."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from seg2vid_interface.backend import ExportRequest, Stage, TrainingRequest, TrainingResult
from seg2vid_interface.model_card import ModelFolder, open_model_folder
from seg2vid_torch.backend import TorchBackend

sys.path.insert(0, str(Path(__file__).parent))  # street_data lies beside the tests

from street_data import TINY_IMAGE, TINY_MOTION, write_clips


class Monitor:
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


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset root of real-like clips; its frames serve as stills too."""
    return write_clips(tmp_path_factory.mktemp("clips"))


TrainTiny = Callable[..., TrainingResult]


@pytest.fixture(scope="session")
def train_tiny(clips: Path) -> TrainTiny:
    """Train a tiny stage: train_tiny(stage, out, steps=..., monitor=..., settings=..., **request fields)."""

    def train(
        stage: Stage, out: Path, *, steps: int, monitor: Monitor | None = None, settings: Mapping[str, str] = {}, **rest
    ) -> TrainingResult:
        tiny = TINY_IMAGE if stage == "image" else TINY_MOTION | {"teacher.stills": f'["{clips}"]'}
        request = TrainingRequest(
            stage, (clips,), out, settings={**tiny, "steps": str(steps), **settings}, **{"device": "cpu", **rest}
        )
        return TorchBackend().train(request, monitor or Monitor())

    return train


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory, train_tiny: TrainTiny) -> dict[str, Path]:
    """A finished run of each stage, four steps long."""
    folder = tmp_path_factory.mktemp("runs")
    for stage in ("image", "motion"):
        train_tiny(stage, folder / stage, steps=4)
    return {"image": folder / "image", "motion": folder / "motion"}


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory, runs: dict[str, Path]) -> ModelFolder:
    """A model folder exported from the two runs."""
    out = tmp_path_factory.mktemp("models") / "tiny"
    TorchBackend().export(ExportRequest((runs["image"], runs["motion"]), out))
    return open_model_folder(out)
