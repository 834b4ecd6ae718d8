"""Fixtures of the backends' tests: tiny stages that were really trained, and the model folders made of them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from made_once import MadeOnce, digest, newest
from seg2vid_interface.backend import ExportRequest, Stage, TrainingRequest, TrainingResult
from seg2vid_interface.graphs import METADATA_KEY, GraphName, card_for_metadata, graph_file
from seg2vid_interface.model_card import ModelCard, ModelFolder, open_model_folder

if TYPE_CHECKING:
    from torch import nn

    from recording_monitor import RecordingMonitor

TrainTiny = Callable[..., TrainingResult]


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> MadeOnce:
    """What this run makes once, in however many processes."""
    folder = tmp_path_factory.getbasetemp()
    return MadeOnce((folder.parent if hasattr(pytestconfig, "workerinput") else folder) / "made-once")


@pytest.fixture(scope="session")
def kept_models(made_once: MadeOnce, pytestconfig: pytest.Config) -> MadeOnce:
    """The exported models, which outlive this run: in the folder of --models, or else in pytest's cache."""
    if folder := pytestconfig.getoption("--models"):
        return MadeOnce(folder.absolute() / digest())
    if not hasattr(pytestconfig, "cache"):  # turned off
        return made_once
    versions = "-".join(version(package) for package in ("torch", "onnx", "onnxscript"))
    return MadeOnce(newest(pytestconfig.cache.mkdir("models"), f"{digest()}-{versions}"))


@pytest.fixture(scope="session")
def clips(made_once: MadeOnce) -> Path:
    """A dataset root of real-like clips; its frames serve as stills too."""
    from street_data import write_clips

    return made_once.get("clips", write_clips)


@pytest.fixture(scope="session")
def train_tiny(clips: Path) -> TrainTiny:
    """Train a tiny stage: train_tiny(stage, out, steps=..., monitor=..., settings=..., **request fields)."""
    from recording_monitor import RecordingMonitor
    from seg2vid_torch.backend import TorchBackend
    from street_data import FIRST_STREET, TINY_IMAGE, TINY_LABELS, TINY_MOTION

    def train(
        stage: Stage,
        out: Path,
        *,
        steps: int,
        monitor: "RecordingMonitor | None" = None,
        settings: Mapping[str, str] = {},
        **rest,
    ) -> TrainingResult:
        tiny = {
            "image": TINY_IMAGE,
            "motion": TINY_MOTION | {"teacher.stills": f'["{clips}"]'},
            "labels": TINY_LABELS,
        }[stage]
        request = TrainingRequest(
            stage,
            rest.pop("data", (clips,)),
            out,
            settings={**tiny, "steps": str(steps), **settings},
            preset=rest.pop("preset", {"image": "street", "motion": FIRST_STREET, "labels": "u-net"}[stage]),
            **{"device": "cpu", **rest},
        )
        return TorchBackend().train(request, monitor or RecordingMonitor())

    return train


@pytest.fixture(scope="session")
def runs(made_once: MadeOnce, train_tiny: TrainTiny) -> dict[str, Path]:
    """A finished run of each stage, four steps long."""

    def make(folder: Path) -> None:
        for stage in ("image", "motion"):
            train_tiny(stage, folder / stage, steps=4)

    folder = made_once.get("runs", make)
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
def unlabelled_runs(made_once: MadeOnce, train_unlabelled: TrainTiny) -> dict[str, Path]:
    """A finished run of each preset without labels, three steps long."""
    presets = ("paper-no-labels", "paper-no-labels-grey")

    def make(folder: Path) -> None:
        for preset in presets:
            train_unlabelled(preset, folder / preset)

    folder = made_once.get("unlabelled", make)
    return {preset: folder / preset for preset in presets}


@pytest.fixture(scope="session")
def label_id_runs(made_once: MadeOnce, clips: Path, runs: dict[str, Path]) -> dict[str, Path]:
    """The motion stage's run, and an untrained pix2pixHD of twice its size that sees label ids and instance edges."""
    from recording_monitor import RecordingMonitor
    from seg2vid_torch.backend import TorchBackend
    from street_data import TINY_LABEL_IDS

    def make(folder: Path) -> None:
        request = TrainingRequest(
            "image", (clips,), folder / "image", preset="pix2pixhd", settings=TINY_LABEL_IDS, device="cpu"
        )
        TorchBackend().train(request, RecordingMonitor())

    return {"image": made_once.get("label-ids", make) / "image", "motion": runs["motion"]}


@pytest.fixture(scope="session")
def graph_model(kept_models: MadeOnce, request: pytest.FixtureRequest) -> ModelFolder:
    """A model folder exported from the two runs, with their ONNX graphs; it takes the better part of a minute."""
    return _exported(kept_models, "tiny", lambda: request.getfixturevalue("runs").values())


@pytest.fixture(scope="session")
def half_graph_model(kept_models: MadeOnce, request: pytest.FixtureRequest) -> ModelFolder:
    """The same with graphs in half precision too, as long again; for tests that are `slow` or on a GPU."""
    reusing = partial(_reusing, request, lambda _, precision: precision == "fp32")
    return _exported(
        kept_models, "half", lambda: request.getfixturevalue("runs").values(), "fp32", "fp16", reusing=reusing
    )


@pytest.fixture(scope="session")
def grey_graph_model(kept_models: MadeOnce, request: pytest.FixtureRequest) -> ModelFolder:
    """A model without labels that makes grey frames, with its ONNX graph."""
    return _exported(kept_models, "grey", lambda: [request.getfixturevalue("unlabelled_runs")["paper-no-labels-grey"]])


@pytest.fixture(scope="session")
def label_id_graph_model(kept_models: MadeOnce, request: pytest.FixtureRequest) -> ModelFolder:
    """A model whose image stage sees other, larger labels than the motion stage, and edges; with its ONNX graphs.

    The motion stage is that of `graph_model`, and so is its graph: another export would take as long again.
    """
    reusing = partial(_reusing, request, lambda stage, _: stage == "motion")
    return _exported(kept_models, "fine", lambda: request.getfixturevalue("label_id_runs").values(), reusing=reusing)


@pytest.fixture(scope="session")
def key_frame_model(made_once: MadeOnce) -> ModelFolder:
    """A tiny model with a camera, as it is before any training; for PyTorch alone."""
    return open_model_folder(made_once.get("key-frames", _key_frame_exporter()) / "key-frames")


@pytest.fixture(scope="session")
def key_frame_graph_model(kept_models: MadeOnce) -> ModelFolder:
    """The same in chunks of four, as the graph of motion takes the longer to export the longer they are."""
    exporter = _key_frame_exporter("fp32", chunk_frames=2)
    return open_model_folder(kept_models.get("key-frame-graphs", exporter) / "key-frames")


def _key_frame_exporter(*precisions: str, chunk_frames: int = 8) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        from key_frame_stages import untrained_stages
        from seg2vid_torch.export import exporting

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(exporting, "read_stages", lambda _: untrained_stages(chunk_frames))
            exporting.export(ExportRequest((), folder / "key-frames", graphs=precisions))

    return make


@contextmanager
def _reusing(request: pytest.FixtureRequest, same: Callable[[GraphName, str], bool]) -> Iterator[None]:
    """Let exports take from `graph_model` the graphs of a stage and precision that are the `same`, under their card."""
    from seg2vid_torch.export import onnx_graphs

    export_graph = onnx_graphs.write_graph
    graph_model = request.getfixturevalue("graph_model")  # before it is patched: it may have to be exported itself

    def write_graph(
        graph: "nn.Module", name: GraphName, card: ModelCard, path: Path, precision: str, **rest: bool
    ) -> None:
        if not same(name, precision):
            export_graph(graph, name, card, path, precision, **rest)
            return
        import onnx

        known = onnx.load(graph_model.path / graph_file(name, precision))
        onnx.helper.set_model_props(known, {METADATA_KEY: card_for_metadata(card)})
        onnx.save(known, path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(onnx_graphs, "write_graph", write_graph)
        yield


def _exported(
    models: MadeOnce,
    name: str,
    sources: Callable[[], Iterable[Path]],
    *precisions: str,
    reusing: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> ModelFolder:
    """Export a model with graphs, in fp32 or the precisions given; ask for its sources only if that has to be done."""

    def make(folder: Path) -> None:
        from seg2vid_torch.backend import TorchBackend

        request = ExportRequest(tuple(sources()), folder / name, graphs=precisions or ("fp32",))
        with reusing():
            TorchBackend().export(request)

    return open_model_folder(models.get(name, make) / name)
