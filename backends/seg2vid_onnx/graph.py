"""A graph in ONNX Runtime."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from seg2vid_interface.backend import Stage
from seg2vid_interface.cores import available_cores
from seg2vid_interface.errors import BackendError, DeviceError, ModelError
from seg2vid_interface.graphs import METADATA_KEY, TensorFormat, graph_problem
from seg2vid_interface.model_card import ModelCard
from seg2vid_onnx.providers import provider_of

DTYPES = {"tensor(float)": "float32", "tensor(uint8)": "uint8", "tensor(bool)": "bool"}
FATAL = 4  # ONNX Runtime's own log goes to stderr; what fails is raised as well
OUT_OF_MEMORY_HINT = "Use a smaller --size, or another --device."


class OnnxGraph:
    """See `seg2vid_interface.graph_session.Graph`; on CUDA, what a run gives stays there until it is fetched."""

    def __init__(
        self, path: Path, stage: Stage, card: ModelCard, *, device: str, dimensions: Mapping[str, int], profile: bool
    ) -> None:
        """Load a graph.

        Args:
            path: of the file.
            stage: what it is to do.
            card: its model's.
            device: "cpu" or "cuda:N".
            dimensions: open dimensions -> their sizes in this session, which spares runs the work with shapes.
            profile: note how long each operator takes, and where it runs, for `end_profile`.

        Raises:
            ModelError: the file cannot be read, or is not the graph that the card promises.
            DeviceError: CUDA was asked for and does not run it.
        """
        self._path, self._device, self._profile = path, device, profile
        self._dimensions = dimensions
        self._sessions: dict[int, onnxruntime.InferenceSession] = {}
        session = self._session_of(batch=1)
        metadata = session.get_modelmeta().custom_metadata_map.get(METADATA_KEY)
        inputs, outputs = _formats(session.get_inputs()), _formats(session.get_outputs())
        if problem := graph_problem(stage, card, inputs=inputs, outputs=outputs, metadata=metadata):
            raise ModelError(f"{path}: {problem}", "Export the model again: seg2vid export MODEL --onnx -o FOLDER")

    def run(self, inputs: Mapping[str, Any], outputs: Sequence[str]) -> dict[str, onnxruntime.OrtValue]:
        """Run the graph; its outputs stay on the device."""
        placed = {name: value if _is_placed(value) else self._place(value) for name, value in inputs.items()}
        session = self._session_of(batch=next(value.shape()[0] for value in placed.values() if value.shape()))
        binding = session.io_binding()
        for name, value in placed.items():
            binding.bind_ortvalue_input(name, value)
        for name in outputs:
            binding.bind_output(name, *_place_of(self._device))
        try:
            session.run_with_iobinding(binding)
        except MemoryError as error:
            raise BackendError(f"out of memory on {self._device}", OUT_OF_MEMORY_HINT) from error
        except Exception as error:  # of a class that ONNX Runtime makes for each of its status codes
            if "memory" in str(error).lower():
                raise BackendError(f"out of memory on {self._device}", OUT_OF_MEMORY_HINT) from error
            raise BackendError(f"ONNX Runtime failed on {self._device}: {_first_line(error)}") from error
        return dict(zip(outputs, binding.get_outputs(), strict=True))

    def fetch(self, value: Any) -> NDArray[np.generic]:
        """Return an array on the host."""
        array: NDArray[np.generic] = value.numpy()
        return array

    def end_profile(self) -> Path:
        """Return the file of the profile, of batches of one."""
        return Path(self._sessions[1].end_profiling())

    def _session_of(self, batch: int) -> onnxruntime.InferenceSession:
        """Return the session for batches of this size: with all sizes known, nothing of a run is spent on shapes."""
        if batch not in self._sessions:
            options = _options({**self._dimensions, "batch": batch}, profile=self._profile)
            self._sessions[batch] = _load(self._path, options, self._device)
        return self._sessions[batch]

    def _place(self, array: NDArray[np.generic]) -> onnxruntime.OrtValue:
        return onnxruntime.OrtValue.ortvalue_from_numpy(array, *_place_of(self._device))


def _load(path: Path, options: onnxruntime.SessionOptions, device: str) -> onnxruntime.InferenceSession:
    provider, provider_options = provider_of(device)
    try:
        session = onnxruntime.InferenceSession(
            str(path), options, providers=[provider], provider_options=[dict(provider_options)]
        )
    except Exception as error:  # of a class that ONNX Runtime makes for each of its status codes
        raise ModelError(f"{path}: ONNX Runtime cannot load it: {_first_line(error)}") from error
    if session.get_providers()[0] != provider:
        raise DeviceError(f"--device {device}: ONNX Runtime could not start {provider}", "Use --device cpu.")
    return session


def _options(dimensions: Mapping[str, int], *, profile: bool) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = FATAL
    options.intra_op_num_threads = available_cores()
    options.inter_op_num_threads = 1
    options.use_deterministic_compute = True
    options.enable_profiling = profile
    for name, size in dimensions.items():
        options.add_free_dimension_override_by_name(name, size)
    return options


def _is_placed(value: Any) -> bool:
    return isinstance(value, onnxruntime.OrtValue)


def _place_of(device: str) -> tuple[str, int]:
    """Return a device's kind and number as ONNX Runtime takes them."""
    kind, _, index = device.partition(":")
    return kind, int(index or 0)


def _formats(arguments: Sequence[Any]) -> list[TensorFormat]:
    return [
        TensorFormat(argument.name, tuple(argument.shape), DTYPES.get(argument.type, argument.type))
        for argument in arguments
    ]


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
