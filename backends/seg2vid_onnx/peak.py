"""How fast ONNX Runtime convolves on a device: the yardstick of `seg2vid benchmark`."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from seg2vid_interface.backend import OpenOptions
from seg2vid_interface.errors import BackendError
from seg2vid_interface.peak import FLOAT, FLOAT16, SHAPE, convolution_graph, measure_gflops
from seg2vid_onnx.loading import first_line, load_session, place_of
from seg2vid_onnx.providers import check_precision, choose_device
from seg2vid_onnx.runtime import onnxruntime


def peak_gflops(options: OpenOptions) -> float:
    """Return GFLOP/s; see `seg2vid_interface.backend.Benchmarked`."""
    check_precision(options.precision)
    half, device = options.precision == "fp16", choose_device(options.device)
    with TemporaryDirectory(prefix="seg2vid-peak-") as folder:
        file = Path(folder, "peak.onnx")
        file.write_bytes(convolution_graph(FLOAT16 if half else FLOAT))
        session, place = load_session(file, device), place_of(device)
    picture = np.ones(SHAPE, np.float16 if half else np.float32)
    binding = session.io_binding()  # so that nothing is copied to or from a GPU
    binding.bind_ortvalue_input("x", onnxruntime.OrtValue.ortvalue_from_numpy(picture, *place))
    binding.bind_output("y", *place)
    try:
        return measure_gflops(lambda: session.run_with_iobinding(binding))
    except Exception as error:  # of a class that ONNX Runtime makes for each of its status codes
        raise BackendError(f"ONNX Runtime failed on {device}: {first_line(error)}") from error
