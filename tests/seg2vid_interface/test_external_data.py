"""Graphs whose numbers lie elsewhere, where no hash of the card is of them."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest

from seg2vid_interface.backend import OpenOptions
from seg2vid_interface.errors import ModelError
from seg2vid_interface.external_data import refuse_external_data
from seg2vid_interface.graphs import graph_path
from seg2vid_interface.model_card import file_sha256, open_model_folder
from seg2vid_onnx.backend import OnnxBackend
from seg2vid_openvino.backend import OpenVinoBackend


def make_graph() -> onnx.ModelProto:
    weights = onnx.numpy_helper.from_array(np.ones((64, 64), np.float32), "weights")
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("MatMul", ["x", "weights"], ["y"])],
        "location of a thing",
        [onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1, 64])],
        [onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [1, 64])],
        [weights],
    )
    model = onnx.helper.make_model(graph)
    onnx.helper.set_model_props(model, {"about": '{"at": "location"}'})
    return model


def external(folder: Path) -> Path:
    path = folder / "image.onnx"
    onnx.save(make_graph(), path, save_as_external_data=True, location="weights.bin", size_threshold=0)
    assert (folder / "weights.bin").stat().st_size == 4 * 64 * 64
    return path


def reordered(path: Path) -> bytes:
    """Return the graph with its key spelled in another way that ONNX's readers understand."""
    key, entry = b"\x0a\x08location", b"\x6a\x17\x0a\x08location\x12\x0bweights.bin"
    content = path.read_bytes()
    assert entry in content
    return content.replace(entry, b"\x6a\x17\x12\x0bweights.bin" + key)


def test_a_graph_of_one_file_is_taken(tmp_path):
    onnx.save(make_graph(), tmp_path / "image.onnx")
    refuse_external_data(tmp_path / "image.onnx")
    (tmp_path / "empty.onnx").touch()
    refuse_external_data(tmp_path / "empty.onnx")


def test_a_graph_with_data_elsewhere_is_refused_however_it_is_spelled(tmp_path):
    path = external(tmp_path)
    for content in (path.read_bytes(), reordered(path)):
        path.write_bytes(content)
        assert onnx.load(path, load_external_data=False).graph.initializer[0].external_data[0].key == "location"
        with pytest.raises(ModelError) as caught:
            refuse_external_data(path)
        assert caught.value.message == (
            f"{path}: keeps data in another file, which is not read: no hash of the card is of it"
        )


@pytest.mark.parametrize("backend", [OnnxBackend, OpenVinoBackend])
def test_no_backend_opens_it(model, backend):
    path = external(model)
    card = json.loads((model / "model.json").read_text())
    card["stages"]["image"]["files"]["image.onnx"] = file_sha256(path)
    (model / "model.json").write_text(json.dumps(card))
    with pytest.raises(ModelError, match="keeps data in another file"):
        graph_path(open_model_folder(model), "image", "fp32")
    with pytest.raises(ModelError, match="keeps data in another file"):
        backend().open(open_model_folder(model), OpenOptions("cpu", "fp32"))
