"""The yardstick of the ONNX backend; `python tests/seg2vid_onnx/test_peak.py` writes its graphs anew."""

import onnx
import pytest
from onnx import TensorProto, helper

from seg2vid_interface.backend import Benchmarked, OpenOptions
from seg2vid_interface.errors import DeviceError
from seg2vid_interface.peak import CHANNELS, HEIGHT, KERNEL, WEIGHT, WIDTH
from seg2vid_onnx.backend import OnnxBackend
from seg2vid_onnx.peak import FOLDER

TYPES = {"fp32": TensorProto.FLOAT, "fp16": TensorProto.FLOAT16}
SHAPE = (1, CHANNELS, HEIGHT, WIDTH)


def convolution(precision: str) -> bytes:
    dtype = TYPES[precision]
    value = helper.make_tensor("value", dtype, [1], [WEIGHT])
    graph = helper.make_graph(
        [
            helper.make_node("ConstantOfShape", ["shape"], ["weights"], value=value),
            helper.make_node("Conv", ["picture", "weights"], ["result"], pads=[1, 1, 1, 1]),
        ],
        "peak",
        [helper.make_tensor_value_info("picture", dtype, SHAPE)],
        [helper.make_tensor_value_info("result", dtype, SHAPE)],
        [helper.make_tensor("shape", TensorProto.INT64, [4], [CHANNELS, CHANNELS, KERNEL, KERNEL])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    onnx.checker.check_model(model)
    return model.SerializeToString(deterministic=True)


@pytest.mark.parametrize("precision", TYPES)
def test_the_graph_is_this_convolution(precision):
    assert (FOLDER / f"peak.{precision}.onnx").read_bytes() == convolution(precision)


def test_it_is_measured_with_onnx_runtime():
    backend = OnnxBackend()
    assert isinstance(backend, Benchmarked)
    assert 0.1 < backend.peak_gflops(OpenOptions("cpu", "fp32")) < 1e5


def test_a_precision_that_is_not_there_is_an_error():
    with pytest.raises(DeviceError, match="--precision bf16: ONNX Runtime runs fp32 or fp16"):
        OnnxBackend().peak_gflops(OpenOptions("cpu", "bf16"))


if __name__ == "__main__":
    for name in TYPES:
        (FOLDER / f"peak.{name}.onnx").write_bytes(convolution(name))
