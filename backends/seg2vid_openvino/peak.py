"""How fast OpenVINO convolves on the CPU: the yardstick of `seg2vid benchmark`."""

import numpy as np

from seg2vid_interface.backend import OpenOptions
from seg2vid_interface.peak import CHANNELS, HEIGHT, KERNEL, WEIGHT, WIDTH, measure_gflops
from seg2vid_openvino.graph import compile_graph
from seg2vid_openvino.runtime import choose_device, choose_precision, openvino

SHAPE = (1, CHANNELS, HEIGHT, WIDTH)


def peak_gflops(options: OpenOptions) -> float:
    """Return GFLOP/s; see `seg2vid_interface.backend.Benchmarked`."""
    choose_device(options.device)
    model = _convolution()
    request = compile_graph(model, {"picture": list(SHAPE)}, choose_precision(options.precision)).create_infer_request()
    picture = np.ones(SHAPE, np.float32)
    return measure_gflops(lambda: request.infer({"picture": picture}, share_inputs=True, share_outputs=True))


def _convolution() -> openvino.Model:
    operators = openvino.opset13
    picture = operators.parameter(SHAPE, np.float32, name="picture")
    picture.output(0).set_names({"picture"})
    weights = operators.constant(np.full((CHANNELS, CHANNELS, KERNEL, KERNEL), WEIGHT, np.float32))
    result = operators.convolution(picture, weights, [1, 1], [1, 1], [1, 1], [1, 1])
    return openvino.Model([result], [picture], "peak")
