"""Loading a file into ONNX Runtime, and placing what goes in and comes out."""

import contextlib
from collections.abc import Mapping
from pathlib import Path

from seg2vid_interface.cores import available_cores
from seg2vid_interface.errors import DeviceError, ModelError
from seg2vid_interface.model_card import FETCH_AGAIN
from seg2vid_onnx.graph_cache import CachedGraph
from seg2vid_onnx.providers import provider_of
from seg2vid_onnx.runtime import FATAL, onnxruntime

_USE_CPU = "Use --device cpu."


def load_session(
    path: Path,
    device: str,
    dimensions: Mapping[str, int] = {},
    *,
    threads: int | None = None,
    cached: CachedGraph | None = None,
    profile: bool = False,
) -> onnxruntime.InferenceSession:
    """Load a file.

    Args:
        path: of the file.
        device: "cpu" or "cuda:N".
        dimensions: open dimensions, by their names in the file -> their sizes.
        threads: of the CPU; None = as many as there are cores.
        cached: where the graph is kept as it was optimised for them, or is to be kept; for a CPU alone.
        profile: note how long each operator takes, and where it runs.

    Raises:
        ModelError: it cannot be read.
        DeviceError: CUDA was asked for and does not run it.
    """
    if cached is not None:
        with contextlib.suppress(ModelError):  # a damaged file, or one that cannot be written: the model's own will do
            return _load_cached(path, device, _options(dimensions, threads, profile=profile), cached)
    return _load(path, device, _options(dimensions, threads, profile=profile))


def _load_cached(
    path: Path, device: str, options: onnxruntime.SessionOptions, cached: CachedGraph
) -> onnxruntime.InferenceSession:
    """Load what is kept, or load the file and keep what becomes of it.  Raises ModelError, DeviceError."""
    if file := cached.find():
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        return _load(file, device, options)
    with cached.making() as file:
        if file is not None:
            options.optimized_model_filepath = str(file)
        return _load(path, device, options)


def _load(path: Path, device: str, options: onnxruntime.SessionOptions) -> onnxruntime.InferenceSession:
    provider, provider_options = provider_of(device)
    try:
        session = onnxruntime.InferenceSession(
            str(path),
            options,
            providers=[provider],
            provider_options=[dict(provider_options)],
            enable_fallback=0,  # it would print on stdout, and try the CPU
        )
    except Exception as error:  # of a class that ONNX Runtime makes for each of its status codes, or of the provider
        is_provider_s = isinstance(error, ValueError | RuntimeError) and not isinstance(error, UnicodeError)
        if is_provider_s and device != "cpu":
            reason = f"ONNX Runtime could not start {provider}: {first_line(error)}"
            raise DeviceError(f"--device {device}: {reason}", _USE_CPU) from error
        raise ModelError(f"{path}: ONNX Runtime cannot load it: {first_line(error)}", FETCH_AGAIN) from error
    if session.get_providers()[0] != provider:
        raise DeviceError(f"--device {device}: ONNX Runtime could not start {provider}", _USE_CPU)
    return session


def place_of(device: str) -> tuple[str, int]:
    """Return a device's kind and number as ONNX Runtime takes them."""
    kind, _, index = device.partition(":")
    return kind, int(index or 0)


def first_line(error: Exception) -> str:
    """Return what ONNX Runtime says is wrong, without where in its sources."""
    return str(error).strip().splitlines()[0]


def _options(dimensions: Mapping[str, int], threads: int | None, *, profile: bool) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = FATAL
    options.intra_op_num_threads = threads or available_cores()
    options.inter_op_num_threads = 1
    # Several graphs take turns: the threads of one that wait for its next turn would keep the cores from the others.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.use_deterministic_compute = True
    options.enable_profiling = profile
    for name, size in dimensions.items():
        options.add_free_dimension_override_by_name(name, size)
    return options
