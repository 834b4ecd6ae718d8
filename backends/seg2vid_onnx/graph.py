"""A graph in ONNX Runtime."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seg2vid_interface.cores import available_cores
from seg2vid_interface.errors import BackendError, ModelError, OutOfMemoryError
from seg2vid_interface.graphs import DIMENSIONS, METADATA_KEY, GraphName, TensorFormat, check_graph
from seg2vid_interface.model_card import FETCH_AGAIN, ModelCard
from seg2vid_onnx.graph_cache import CachedGraph
from seg2vid_onnx.loading import first_line, load_session, place_of
from seg2vid_onnx.runtime import onnxruntime

DTYPES = {"tensor(float)": "float32", "tensor(uint8)": "uint8", "tensor(int32)": "int32", "tensor(bool)": "bool"}
OUT_OF_MEMORY_HINT = "Use a smaller --size, or another --device."


class OnnxGraph:
    """See `seg2vid_interface.graph_session.Graph`; on CUDA, what a run gives stays there until it is fetched."""

    def __init__(
        self,
        path: Path,
        name: GraphName,
        card: ModelCard,
        *,
        device: str,
        sides: Mapping[str, int],
        cache: Path | None = None,
        profile: bool = False,
    ) -> None:
        """Load a graph.

        Args:
            path: of the file.
            name: what it is to do.
            card: its model's.
            device: "cpu" or "cuda:N".
            sides: symbols of the format -> their sizes in this session, which spares runs the work with shapes.
            cache: where graphs are kept as they were optimised for a CPU; None = nowhere.
            profile: note how long each operator takes, and where it runs, for `end_profile`.

        Raises:
            ModelError: the file cannot be read, or is not the graph that the card promises.
            DeviceError: CUDA was asked for and does not run it.
        """
        self._path, self._device, self._sides, self._profile = path, device, sides, profile
        self._cache = cache if device == "cpu" else None  # on CUDA the provider makes up its mind as it loads
        # Motion is told while pictures are painted: threads that wait for it would keep cores from these.
        self._threads = 1 if name == "motion" and card.camera else available_cores()
        self._sha256 = card.all_files()[path.name]
        self._sessions: dict[int, onnxruntime.InferenceSession] = {}
        session = self._session_of(batch=1)
        try:
            metadata = session.get_modelmeta().custom_metadata_map.get(METADATA_KEY)
            inputs, outputs = _formats(session.get_inputs()), _formats(session.get_outputs())
        except UnicodeDecodeError as error:
            raise ModelError(f"{path}: damaged, its names are no text: {error}", FETCH_AGAIN) from error
        check_graph(path, name, card, inputs=inputs, outputs=outputs, metadata=metadata)

    def run(self, inputs: Mapping[str, Any], outputs: Sequence[str]) -> dict[str, onnxruntime.OrtValue]:
        """Run the graph; its outputs stay on the device."""
        placed = {name: value if _is_placed(value) else self._place(value) for name, value in inputs.items()}
        session = self._session_of(batch=next(value.shape()[0] for value in placed.values() if value.shape()))
        binding = session.io_binding()
        for name, value in placed.items():
            binding.bind_ortvalue_input(name, value)
        for name in outputs:
            binding.bind_output(name, *place_of(self._device))
        try:
            session.run_with_iobinding(binding)
        except MemoryError as error:
            raise OutOfMemoryError(f"out of memory on {self._device}", OUT_OF_MEMORY_HINT) from error
        except Exception as error:  # of a class that ONNX Runtime makes for each of its status codes
            if "memory" in str(error).lower():
                raise OutOfMemoryError(f"out of memory on {self._device}", OUT_OF_MEMORY_HINT) from error
            raise BackendError(f"ONNX Runtime failed on {self._device}: {first_line(error)}") from error
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
            dimensions = {DIMENSIONS[symbol]: side for symbol, side in {**self._sides, "N": batch}.items()}
            cached = CachedGraph.of(self._cache, self._sha256, dimensions) if self._cache else None
            self._sessions[batch] = load_session(
                self._path, self._device, dimensions, threads=self._threads, cached=cached, profile=self._profile
            )
        return self._sessions[batch]

    def _place(self, array: NDArray[np.generic]) -> onnxruntime.OrtValue:
        return onnxruntime.OrtValue.ortvalue_from_numpy(array, *place_of(self._device))


def _is_placed(value: Any) -> bool:
    return isinstance(value, onnxruntime.OrtValue)


def _formats(arguments: Sequence[Any]) -> list[TensorFormat]:
    return [
        TensorFormat(argument.name, tuple(argument.shape), DTYPES.get(argument.type, argument.type))
        for argument in arguments
    ]
