"""How fast ONNX Runtime convolves on a device: the yardstick of `seg2vid benchmark`.

`peak.fp32.onnx` and `peak.fp16.onnx` hold the convolution alone; its weights are one number, spread when it is loaded.
"""

from pathlib import Path

import numpy as np
import onnxruntime

from seg2vid_interface.backend import OpenOptions
from seg2vid_interface.cores import available_cores
from seg2vid_interface.errors import BackendError, DeviceError
from seg2vid_interface.peak import CHANNELS, HEIGHT, WIDTH, measure_gflops
from seg2vid_onnx.providers import PRECISIONS, choose_device, provider_of

FOLDER = Path(__file__).parent
DTYPES = {"fp32": np.float32, "fp16": np.float16}


def peak_gflops(options: OpenOptions) -> float:
    """Return GFLOP/s; see `seg2vid_interface.backend.Benchmarked`."""
    precision = "fp32" if options.precision == "auto" else options.precision
    if precision not in PRECISIONS:
        raise DeviceError(f"--precision {precision}: ONNX Runtime runs fp32 or fp16", "Choose one of these.")
    device = choose_device(options.device)
    session = _load(device, precision)
    binding = session.io_binding()  # so that nothing is copied to or from a GPU
    kind, _, index = device.partition(":")
    place = kind, int(index or 0)
    picture = np.ones((1, CHANNELS, HEIGHT, WIDTH), DTYPES[precision])
    binding.bind_ortvalue_input("picture", onnxruntime.OrtValue.ortvalue_from_numpy(picture, *place))
    binding.bind_output("result", *place)
    try:
        return measure_gflops(lambda: session.run_with_iobinding(binding))
    except Exception as error:  # of a class that ONNX Runtime makes for each of its status codes
        raise BackendError(f"ONNX Runtime failed on {device}: {str(error).strip().splitlines()[0]}") from error


def _load(device: str, precision: str) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = available_cores()
    options.inter_op_num_threads = 1
    provider, provider_options = provider_of(device)
    return onnxruntime.InferenceSession(
        FOLDER / f"peak.{precision}.onnx", options, providers=[provider], provider_options=[dict(provider_options)]
    )
