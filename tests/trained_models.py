"""Fixtures of the backends' tests: tiny stages that were really trained, and the model folders made of them."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from seg2vid_interface.backend import ExportRequest, Stage, TrainingRequest, TrainingResult
from seg2vid_interface.model_card import ModelFolder, open_model_folder

if TYPE_CHECKING:
    from recording_monitor import RecordingMonitor

TrainTiny = Callable[..., TrainingResult]


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset root of real-like clips; its frames serve as stills too."""
    from street_data import write_clips

    return write_clips(tmp_path_factory.mktemp("clips"))


@pytest.fixture(scope="session")
def train_tiny(clips: Path) -> TrainTiny:
    """Train a tiny stage: train_tiny(stage, out, steps=..., monitor=..., settings=..., **request fields)."""
    from recording_monitor import RecordingMonitor
    from seg2vid_torch.backend import TorchBackend
    from street_data import TINY_IMAGE, TINY_MOTION

    def train(
        stage: Stage,
        out: Path,
        *,
        steps: int,
        monitor: "RecordingMonitor | None" = None,
        settings: Mapping[str, str] = {},
        **rest,
    ) -> TrainingResult:
        tiny = TINY_IMAGE if stage == "image" else TINY_MOTION | {"teacher.stills": f'["{clips}"]'}
        request = TrainingRequest(
            stage,
            rest.pop("data", (clips,)),
            out,
            settings={**tiny, "steps": str(steps), **settings},
            **{"device": "cpu", **rest},
        )
        return TorchBackend().train(request, monitor or RecordingMonitor())

    return train


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory, train_tiny: TrainTiny) -> dict[str, Path]:
    """A finished run of each stage, four steps long."""
    folder = tmp_path_factory.mktemp("runs")
    for stage in ("image", "motion"):
        train_tiny(stage, folder / stage, steps=4)
    return {"image": folder / "image", "motion": folder / "motion"}


@pytest.fixture(scope="session")
def train_unlabelled(tmp_path_factory: pytest.TempPathFactory) -> TrainTiny:
    """Train a tiny motion stage without labels, on pictures alone: train_unlabelled(preset, out, monitor=...)."""
    from recording_monitor import RecordingMonitor
    from seg2vid_torch.backend import TorchBackend
    from street_data import TINY_UNLABELLED, write_clips

    data = write_clips(tmp_path_factory.mktemp("pictures"), labelled=False)

    def train(preset: str, out: Path, monitor: "RecordingMonitor | None" = None) -> TrainingResult:
        settings = TINY_UNLABELLED | {"steps": "3"}
        request = TrainingRequest("motion", (data,), out, preset=preset, settings=settings, device="cpu")
        return TorchBackend().train(request, monitor or RecordingMonitor())

    return train


@pytest.fixture(scope="session")
def unlabelled_runs(tmp_path_factory: pytest.TempPathFactory, train_unlabelled: TrainTiny) -> dict[str, Path]:
    """A finished run of each preset without labels, three steps long."""
    folder = tmp_path_factory.mktemp("unlabelled")
    for preset in ("paper-no-labels", "paper-no-labels-grey"):
        train_unlabelled(preset, folder / preset)
    return {path.name: path for path in folder.iterdir()}


@pytest.fixture(scope="session")
def grey_graph_model(tmp_path_factory: pytest.TempPathFactory, unlabelled_runs: dict[str, Path]) -> ModelFolder:
    """A model without labels that makes grey frames, with its ONNX graph."""
    from seg2vid_torch.backend import TorchBackend

    out = tmp_path_factory.mktemp("grey-models") / "grey"
    TorchBackend().export(ExportRequest((unlabelled_runs["paper-no-labels-grey"],), out, graphs=("fp32",)))
    return open_model_folder(out)


@pytest.fixture(scope="session")
def label_id_runs(tmp_path_factory: pytest.TempPathFactory, clips: Path, runs: dict[str, Path]) -> dict[str, Path]:
    """The motion stage's run, and an untrained pix2pixHD of twice its size that sees label ids and instance edges."""
    from recording_monitor import RecordingMonitor
    from seg2vid_torch.backend import TorchBackend
    from street_data import TINY_LABEL_IDS

    out = tmp_path_factory.mktemp("label-ids") / "image"
    request = TrainingRequest("image", (clips,), out, preset="pix2pixhd", settings=TINY_LABEL_IDS, device="cpu")
    TorchBackend().train(request, RecordingMonitor())
    return {"image": out, "motion": runs["motion"]}


@pytest.fixture(scope="session")
def label_id_graph_model(tmp_path_factory: pytest.TempPathFactory, label_id_runs: dict[str, Path]) -> ModelFolder:
    """A model whose image stage sees other, larger labels than the motion stage, and edges; with its ONNX graphs."""
    from seg2vid_torch.backend import TorchBackend

    out = tmp_path_factory.mktemp("label-id-models") / "fine"
    TorchBackend().export(ExportRequest(tuple(label_id_runs.values()), out, graphs=("fp32",)))
    return open_model_folder(out)


@pytest.fixture(scope="session")
def graph_model(tmp_path_factory: pytest.TempPathFactory, runs: dict[str, Path]) -> ModelFolder:
    """A model folder exported from the two runs, with ONNX graphs in both precisions; it takes a while."""
    from seg2vid_torch.backend import TorchBackend

    out = tmp_path_factory.mktemp("graph-models") / "tiny"
    TorchBackend().export(ExportRequest((runs["image"], runs["motion"]), out, graphs=("fp32", "fp16")))
    return open_model_folder(out)
