"""Graphs in OpenVINO: what is refused, and what runs in which precision."""

from collections import defaultdict
from pathlib import Path

import numpy as np
import onnx
import pytest

from seg2vid_cli.model_store.store import BUNDLED_MODELS
from seg2vid_interface.errors import BackendError, ModelError
from seg2vid_interface.graphs import open_sides
from seg2vid_interface.model_card import FETCH_AGAIN, ModelFolder, open_model_folder
from seg2vid_openvino.graph import OpenVinoGraph, compile_graph, read_graph
from seg2vid_openvino.runtime import cpu_precisions

needs_bf16 = pytest.mark.skipif("bf16" not in cpu_precisions(), reason="this CPU has no bf16")
GEOMETRY = {"Gather", "GatherND", "GridSample", "Math", "Reduce", "Split"}
LAYERS = {"Convolution", "Deconvolution", "FullyConnected"}


def open_graph(path: Path, model: ModelFolder, **card_changes) -> OpenVinoGraph:
    card = model.card.model_copy(update=card_changes)
    sides = {"H": card.height, "W": card.width, "L": card.latent_size}
    return OpenVinoGraph(path, "motion", card, precision="fp32", sides=sides)


def motion_shapes(model: ModelFolder) -> dict[str, list[int]]:
    card = model.card
    size = [card.height, card.width]
    return {
        "frame": [1, 3, *size],
        "labels": [1, card.label_space.size, *size],
        "latent": [1, card.latent_size],
        "noise": [1, 3, *size],
        "labels_wanted": [],
    }


@pytest.mark.parametrize("kept", [0.5, 0])
def test_a_broken_file_is_named(graph_model, tmp_path, capfd, kept):
    whole = (graph_model.path / "motion.onnx").read_bytes()
    path = tmp_path / "motion.onnx"
    path.write_bytes(whole[: int(len(whole) * kept)] or b"not a graph at all")
    with pytest.raises(ModelError) as caught:
        open_graph(path, graph_model)
    assert caught.value.message.startswith(f"{path}: OpenVINO cannot load it: ")
    assert "\n" not in caught.value.message
    assert capfd.readouterr() == ("", "")


def test_a_graph_with_other_input_names_is_refused(graph_model, tmp_path):
    graph = onnx.load(graph_model.path / "motion.onnx")
    for node in graph.graph.node:
        node.input[:] = ["picture" if name == "frame" else name for name in node.input]
    graph.graph.input[0].name = "picture"
    onnx.save(graph, tmp_path / "motion.onnx")
    with pytest.raises(ModelError) as caught:
        open_graph(tmp_path / "motion.onnx", graph_model)
    assert caught.value.message == (
        f"{tmp_path}/motion.onnx: its inputs are picture, labels, latent, noise, labels_wanted, "
        "not frame, labels, latent, noise, labels_wanted"
    )
    assert caught.value.hint == "Export the model again: seg2vid export MODEL --onnx -o FOLDER"


def test_a_graph_without_the_card_in_its_metadata_is_refused(graph_model, tmp_path):
    graph = onnx.load(graph_model.path / "motion.onnx")
    del graph.metadata_props[:]
    onnx.save(graph, tmp_path / "motion.onnx")
    with pytest.raises(ModelError, match="was not exported by seg2vid"):
        open_graph(tmp_path / "motion.onnx", graph_model)


def test_a_graph_of_another_label_space_is_refused(graph_model):
    space = graph_model.card.label_space
    other = space.__class__(space.name, (*space.classes[1:], space.classes[0]), space.other)
    with pytest.raises(ModelError, match="it was made for another label space than the card's"):
        open_graph(graph_model.path / "motion.onnx", graph_model, label_space=other)


def test_a_graph_with_another_number_of_frames_is_refused(graph_model):
    message = r"its output frames is uint8 \(\?, 4, \S+, \S+, 3\), not uint8 \(N, 6, H, W, 3\)"  # or what bounds them
    with pytest.raises(ModelError, match=message):
        open_graph(graph_model.path / "motion.onnx", graph_model, chunk_frames=6)


def test_what_fails_while_running_is_told(graph_model):
    graph = open_graph(graph_model.path / "motion.onnx", graph_model)
    inputs = {name: np.zeros(shape, np.float32) for name, shape in motion_shapes(graph_model).items()}
    inputs |= {"labels_wanted": np.array(False), "noise": np.zeros((1, 3, 8, 8), np.float32)}
    with pytest.raises(BackendError, match=r"OpenVINO failed on the CPU: .*incompatible"):
        graph.run(inputs, ["frames"])


@needs_bf16
def test_in_bf16_the_layers_are_lowered_and_the_geometry_is_not(graph_model):
    """As OpenVINO says itself of what it runs."""
    compiled = compile_graph(read_graph(graph_model.path / "motion.onnx"), motion_shapes(graph_model), "bf16")
    precisions = defaultdict(set)
    for node in compiled.get_runtime_model().get_ops():
        information = node.get_rt_info()
        precisions[information["layerType"].astype(str)].add(information["runtimePrecision"].astype(str))
    assert {layer: precisions[layer] for layer in LAYERS} == {layer: {"bf16"} for layer in LAYERS}
    assert {layer: precisions[layer] for layer in GEOMETRY} == {layer: {"f32"} for layer in GEOMETRY}


def test_metadata_that_are_no_text_are_damage(tmp_path, capfd):
    whole = (BUNDLED_MODELS / "street" / "known.onnx").read_bytes()
    path = tmp_path / "known.onnx"
    path.write_bytes(whole.replace(b'"name"', b'"\xffame"'))
    card = open_model_folder(BUNDLED_MODELS / "street").card
    with pytest.raises(ModelError) as caught:
        OpenVinoGraph(path, "known", card, precision="fp32", sides=open_sides(card, card.height, card.width))
    assert caught.value.message.startswith(f"{path}: OpenVINO cannot load it: 'utf-8' codec can't decode byte 0xff")
    assert caught.value.hint == FETCH_AGAIN
    assert capfd.readouterr() == ("", "")
