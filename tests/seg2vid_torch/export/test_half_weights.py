import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from safetensors.torch import load_file
from torch import nn

from seg2vid_interface.backend import ExportRequest
from seg2vid_torch.export.exporting import export
from seg2vid_torch.export.half_initializers import halve_initializers
from seg2vid_torch.export.half_weights import round_weights, stored


def test_kernels_are_stored_in_half_and_vectors_as_they_are():
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    dtypes = {name: stored(values, half=True).dtype for name, values in network.state_dict().items()}
    assert dtypes.pop("0.weight") == torch.float16
    assert dtypes.pop("1.num_batches_tracked") == torch.int64
    assert set(dtypes.values()) == {torch.float32}
    assert {stored(values, half=False).dtype for values in network.parameters()} == {torch.float32}


def test_what_half_precision_cannot_hold_stays_whole():
    assert stored(torch.tensor([[70_000.0]]), half=True).dtype == torch.float32


def test_rounding_leaves_what_is_stored():
    network = nn.Linear(5, 6)
    before = network.weight.detach().clone()
    round_weights(network)
    assert torch.equal(network.weight, before.half().float())
    assert network.weight.dtype == torch.float32


def graph_of(weights: np.ndarray) -> onnx.ModelProto:
    """Return a graph that multiplies its input by the weights, and adds one."""
    tensors = [numpy_helper.from_array(weights, "weights"), numpy_helper.from_array(np.ones(1, np.float32), "one")]
    nodes = [helper.make_node("MatMul", ["x", "weights"], ["y"]), helper.make_node("Add", ["y", "one"], ["z"])]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 40]) for name in ("x", "z")]
    return helper.make_model(
        helper.make_graph(nodes, "graph", ends[:1], ends[1:], tensors),
        opset_imports=[helper.make_opsetid("", 18)],
        ir_version=10,
    )


@pytest.mark.parametrize("rounded", [True, False])
def test_a_graph_keeps_its_numbers(rounded):
    numbers = np.random.default_rng(0)
    weights, x = numbers.standard_normal((40, 40), np.float32), numbers.standard_normal((1, 40), np.float32)
    weights = weights.astype(np.float16).astype(np.float32) if rounded else weights
    whole, half = graph_of(weights), graph_of(weights)
    halve_initializers(half)
    onnx.checker.check_model(half, full_check=True)
    results = [
        onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"]).run(None, {"x": x})
        for model in (whole, half)
    ]
    np.testing.assert_array_equal(*results)
    assert (len(half.SerializeToString()) < 0.6 * len(whole.SerializeToString())) == rounded


def test_a_model_with_half_weights_is_half_as_large_and_reads_as_any(runs, tmp_path):
    sizes = {}
    for half in (False, True):
        result = export(ExportRequest((runs["image"],), tmp_path / f"half-{half}", half_weights=half))
        sizes[half] = result.files
    for name in ("image.safetensors", "style.safetensors"):
        assert sizes[True][name] < 0.75 * sizes[False][name]
        whole, half = (load_file(tmp_path / f"half-{half}" / name) for half in (False, True))
        for key, values in whole.items():
            torch.testing.assert_close(half[key].to(values.dtype), values, rtol=1e-3, atol=1e-6)
    again = export(ExportRequest((tmp_path / "half-True",), tmp_path / "again", half_weights=True))
    assert again.files["image.safetensors"] == sizes[True]["image.safetensors"]
    old, new = (tmp_path / folder / "image.safetensors" for folder in ("half-True", "again"))
    assert old.read_bytes() == new.read_bytes()
