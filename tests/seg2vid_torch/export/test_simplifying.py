"""What is double or does nothing goes, and the numbers stay."""

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from seg2vid_torch.export.simplifying import simplify


def model() -> onnx.ModelProto:
    """Return y = relu(norm(conv(x))) + shape(x)[0] * 0, with a cast that does nothing and a sum made twice."""
    rng = np.random.default_rng(0)
    arrays = {
        "kernel": rng.standard_normal((4, 3, 3, 3)),
        "scale": rng.standard_normal(4),
        "bias": rng.standard_normal(4),
        "mean": rng.standard_normal(4),
        "variance": rng.random(4) + 0.5,
        "one": np.ones(()),
    }
    nodes = [
        helper.make_node("Cast", ["x"], ["same"], to=TensorProto.FLOAT),
        helper.make_node("Conv", ["same", "kernel"], ["raw"]),
        helper.make_node("BatchNormalization", ["raw", "scale", "bias", "mean", "variance"], ["normal"]),
        helper.make_node("Add", ["one", "one"], ["two"]),
        helper.make_node("Mul", ["normal", "two"], ["first"]),
        helper.make_node("Mul", ["normal", "two"], ["second"]),
        helper.make_node("Add", ["first", "second"], ["y"]),
        helper.make_node("Neg", ["first"], ["unused"]),
    ]
    side = [2, 3, "H", "W"]
    graph = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, side)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [2, 4, None, None])],
        [numpy_helper.from_array(array.astype(np.float32), name) for name, array in arrays.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)


def run(proto: onnx.ModelProto, x: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    result: np.ndarray = session.run(None, {"x": x})[0]
    return result


def test_the_graph_is_shorter_and_tells_the_same() -> None:
    x = np.random.default_rng(1).standard_normal((2, 3, 8, 12)).astype(np.float32)
    simple = simplify(model())
    assert [node.op_type for node in simple.graph.node] == ["Conv", "Mul", "Add"]
    np.testing.assert_allclose(run(simple, x), run(model(), x), rtol=1e-4, atol=1e-5)
