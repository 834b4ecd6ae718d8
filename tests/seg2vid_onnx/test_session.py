"""Models opened with ONNX Runtime: against PyTorch, and against graphs that are not what their card says."""

import json
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import pytest

from seg2vid_interface.agreement import measure_agreement
from seg2vid_interface.backend import OpenOptions
from seg2vid_interface.errors import DeviceError, MissingWeightsError, ModelError, UsageError
from seg2vid_interface.graphs import METADATA_KEY
from seg2vid_interface.model_card import CARD_NAME, ModelFolder, file_sha256, open_model_folder
from seg2vid_onnx.backend import OnnxBackend
from seg2vid_onnx.graph import OnnxGraph
from seg2vid_onnx.session import choose_precision
from seg2vid_torch.backend import TorchBackend


def open_onnx(model: ModelFolder, **options):
    return OnnxBackend().open(model, OpenOptions(device="cpu", **options))


def with_graph(model: ModelFolder, folder: Path, graph: onnx.ModelProto | bytes) -> ModelFolder:
    """Copy a model folder, put another motion graph into it and set the card's hash right."""
    shutil.copytree(model.path, folder)
    file = folder / "motion.onnx"
    file.write_bytes(graph if isinstance(graph, bytes) else graph.SerializeToString())
    card = json.loads((folder / CARD_NAME).read_text())
    card["stages"]["motion"]["files"]["motion.onnx"] = file_sha256(file)
    (folder / CARD_NAME).write_text(json.dumps(card))
    return open_model_folder(folder)


def motion_graph(model: ModelFolder) -> onnx.ModelProto:
    return onnx.load(model.path / "motion.onnx")


PRECISIONS = [
    pytest.param("fp32", "graph_model", id="fp32"),
    pytest.param("fp16", "half_graph_model", id="fp16", marks=pytest.mark.slow),
]


@pytest.mark.parametrize("size", [None, (192, 128)])
@pytest.mark.parametrize(("precision", "folder"), PRECISIONS)
def test_it_agrees_with_pytorch_over_24_frames(request, precision, folder, size, capsys):
    model = request.getfixturevalue(folder)
    with (
        TorchBackend().open(model, OpenOptions("cpu", "fp32", size)) as torch_session,
        open_onnx(model, precision=precision, size=size) as onnx_session,
    ):
        agreement = measure_agreement(torch_session, onnx_session, model.card, samples=1)
    with capsys.disabled():
        print(f"\nonnx {precision} at {size or 'its own size'} against torch:", *agreement.lines(), sep="\n")  # noqa: T201
    assert agreement.problem() is None
    assert {difference.output for difference in agreement.differences} == {
        "first_frame",
        "frames",
        "forward_flow",
        "backward_flow",
        "occlusion",
        "labels",
    }


def test_it_never_imports_torch(graph_model, tmp_path):
    """Generates a video in a process that has no torch, nor anything else that only training needs."""
    labels = Path(__file__).parents[2] / "examples" / "street.png"
    code = (
        "import sys\n"
        "for name in ('torch', 'onnx', 'safetensors', 'tensorboard'): sys.modules[name] = None\n"
        "from seg2vid_cli.app import main; main()"
    )
    command = [sys.executable, "-c", code, "generate", labels, "--model", graph_model.path, "-o", "out.mp4", "--json"]
    result = subprocess.run(
        [*command, "--backend=onnx", "--frames=6"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["data"]["backend"] == "onnx"
    assert (tmp_path / "out.mp4").stat().st_size > 1000


def test_a_truncated_graph_is_named(graph_model, tmp_path):
    whole = (graph_model.path / "motion.onnx").read_bytes()
    broken = with_graph(graph_model, tmp_path / "broken", whole[: len(whole) // 2])
    with pytest.raises(ModelError, match=r"broken.motion\.onnx: ONNX Runtime cannot load it: "):
        open_onnx(broken)


def test_a_graph_with_other_input_names_is_refused(graph_model, tmp_path):
    graph = motion_graph(graph_model)
    for node in graph.graph.node:
        node.input[:] = ["picture" if name == "frame" else name for name in node.input]
    graph.graph.input[0].name = "picture"
    other = with_graph(graph_model, tmp_path / "other", graph)
    with pytest.raises(ModelError) as caught:
        open_onnx(other)
    assert caught.value.message == (
        f"{tmp_path / 'other' / 'motion.onnx'}: its inputs are picture, labels, latent, noise, labels_wanted, "
        "not frame, labels, latent, noise, labels_wanted"
    )
    assert caught.value.hint == "Export the model again: seg2vid export MODEL --onnx -o FOLDER"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda card: card["label_space"]["classes"][3].update(name="hedge"), "made for another label space"),
        (lambda card: card.update(label_space=None), "made for another label space"),
        (lambda card: card.clear(), "hold no model card"),
    ],
)
def test_a_graph_with_another_label_space_is_refused(graph_model, tmp_path, change, problem):
    graph = motion_graph(graph_model)
    (entry,) = (entry for entry in graph.metadata_props if entry.key == METADATA_KEY)
    card = json.loads(entry.value)
    change(card)
    entry.value = json.dumps(card)
    with pytest.raises(ModelError, match=problem):
        open_onnx(with_graph(graph_model, tmp_path / "other", graph))


def test_a_graph_without_the_card_in_its_metadata_is_refused(graph_model, tmp_path):
    graph = motion_graph(graph_model)
    del graph.metadata_props[:]
    with pytest.raises(ModelError, match="was not exported by seg2vid"):
        open_onnx(with_graph(graph_model, tmp_path / "other", graph))


def test_a_graph_with_another_number_of_frames_is_refused(graph_model):
    card = graph_model.card.model_copy(update={"chunk_frames": 6})
    with pytest.raises(ModelError, match=r"its output frames is uint8 \(.*4.*\), not uint8 \(N, 6, H, W, 3\)"):
        open_onnx(ModelFolder(graph_model.path, card))


def test_a_model_without_graphs_names_the_command_that_makes_them(graph_model):
    stages = {
        name: stage.model_copy(update={"files": {f"{name}.safetensors": ""}})
        for name, stage in graph_model.card.stages.items()
    }
    model = ModelFolder(graph_model.path, graph_model.card.model_copy(update={"stages": stages}))
    for precision, flags in (("auto", "--onnx"), ("fp16", "--onnx --precision fp16")):
        with pytest.raises(MissingWeightsError) as caught:
            open_onnx(model, precision=precision)
        assert caught.value.hint == f"Make it: seg2vid export {model.path} {flags} -o NEW-FOLDER"


@pytest.mark.parametrize(
    ("device", "stages_with_half", "precision"),
    [("cuda:0", ["image", "motion"], "fp16"), ("cuda:0", ["image"], "fp32"), ("cpu", ["image", "motion"], "fp32")],
)
def test_auto_is_half_precision_on_a_gpu_if_its_graphs_are_there(make_model, device, stages_with_half, precision):
    """The card names them in any case."""
    folder = make_model()
    card = json.loads((folder / CARD_NAME).read_text())
    for stage, stage_card in card["stages"].items():
        stage_card["files"][f"{stage}.fp16.onnx"] = ""
    (folder / CARD_NAME).write_text(json.dumps(card))
    for stage in stages_with_half:
        (folder / f"{stage}.fp16.onnx").write_bytes(b"")
    assert choose_precision("auto", open_model_folder(folder), device) == precision


def test_a_precision_that_it_has_not(graph_model):
    with pytest.raises(DeviceError, match="--precision bf16: ONNX Runtime runs fp32 or fp16"):
        open_onnx(graph_model, precision="bf16")


def test_a_size_that_the_networks_cannot_take(graph_model):
    with pytest.raises(UsageError, match="--size 100x256: the model needs multiples of 32"):
        open_onnx(graph_model, size=(100, 256))


@pytest.mark.gpu
@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_every_node_runs_on_cuda(half_graph_model, precision, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where the profile is written
    card = half_graph_model.card
    name = "motion.onnx" if precision == "fp32" else "motion.fp16.onnx"
    sides = {"H": card.height, "W": card.width, "L": card.latent_size}
    graph = OnnxGraph(half_graph_model.path / name, "motion", card, device="cuda:0", sides=sides, profile=True)
    picture = (1, 3, card.height, card.width)
    inputs = {
        "frame": np.full(picture, 0.5, np.float32),
        "labels": np.full((1, card.label_space.size, *picture[2:]), 1 / card.label_space.size, np.float32),
        "latent": np.ones((1, card.latent_size), np.float32),
        "noise": np.zeros(picture, np.float32),
        "labels_wanted": np.array(True),
    }
    graph.run(inputs, ["frames", "next_frame"])
    events = json.loads(graph.end_profile().read_text())
    nodes = [event for event in events if event["cat"] == "Node" and event["name"].endswith("kernel_time")]
    assert Counter(event["args"]["provider"] for event in nodes) == {"CUDAExecutionProvider": len(nodes)}
    assert len(nodes) > 100
