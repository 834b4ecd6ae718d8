"""How fast ONNX Runtime convolves on a device: the yardstick of `seg2vid benchmark`.

`peak.fp32.onnx` and `peak.fp16.onnx` hold the convolution alone; its weights are one number, spread when it is loaded.
"""

from pathlib import Path

import numpy as np
import onnxruntime

from seg2vid_interface.backend import OpenOptions
from seg2vid_interface.errors import BackendError
from seg2vid_interface.peak import CHANNELS, HEIGHT, WIDTH, measure_gflops
from seg2vid_onnx.loading import first_line, load_session, place_of
from seg2vid_onnx.providers import check_precision, choose_device

FOLDER = Path(__file__).parent
DTYPES = {"fp32": np.float32, "fp16": np.float16}


def peak_gflops(options: OpenOptions) -> float:
    """Return GFLOP/s; see `seg2vid_interface.backend.Benchmarked`."""
    check_precision(options.precision)
    precision = "fp32" if options.precision == "auto" else options.precision
    device = choose_device(options.device)
    session, place = load_session(FOLDER / f"peak.{precision}.onnx", device), place_of(device)
    binding = session.io_binding()  # so that nothing is copied to or from a GPU
    picture = np.ones((1, CHANNELS, HEIGHT, WIDTH), DTYPES[precision])
    binding.bind_ortvalue_input("picture", onnxruntime.OrtValue.ortvalue_from_numpy(picture, *place))
    binding.bind_output("result", *place)
    try:
        return measure_gflops(lambda: session.run_with_iobinding(binding))
    except Exception as error:  # of a class that ONNX Runtime makes for each of its status codes
        raise BackendError(f"ONNX Runtime failed on {device}: {first_line(error)}") from error
