"""How fast OpenVINO convolves on the CPU: the yardstick of `seg2vid benchmark`."""

import numpy as np

from seg2vid_interface.backend import OpenOptions
from seg2vid_interface.peak import SHAPE, convolution_graph, measure_gflops
from seg2vid_openvino.graph import compile_graph
from seg2vid_openvino.runtime import choose_device, choose_precision, core


def peak_gflops(options: OpenOptions) -> float:
    """Return GFLOP/s; see `seg2vid_interface.backend.Benchmarked`."""
    choose_device(options.device)
    model, precision = core().read_model(convolution_graph()), choose_precision(options.precision)
    request = compile_graph(model, {"x": list(SHAPE)}, precision).create_infer_request()
    picture = np.ones(SHAPE, np.float32)
    return measure_gflops(lambda: request.infer({"x": picture}, share_inputs=True, share_outputs=True))
