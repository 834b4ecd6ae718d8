"""A graph in OpenVINO."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seg2vid_interface.cores import available_cores
from seg2vid_interface.errors import BackendError, ModelError, OutOfMemoryError, Seg2VidError
from seg2vid_interface.graphs import METADATA_KEY, GraphName, TensorFormat, check_graph, inputs_of
from seg2vid_interface.model_card import FETCH_AGAIN, ModelCard
from seg2vid_openvino.lookups import gather_columns
from seg2vid_openvino.mixed_precision import lower_learned_layers
from seg2vid_openvino.runtime import core, openvino

# OpenVINO throws the same class whatever is wrong.
OUT_OF_MEMORY_SIGNS = ("bad_alloc", "Failed to allocate", "can't alloc")
OUT_OF_MEMORY_HINT = "Use a smaller --size."
CACHE_FOLDER = "openvino"


class OpenVinoGraph:
    """See `seg2vid_interface.graph_session.Graph`; all of it is on the host."""

    def __init__(
        self,
        path: Path,
        name: GraphName,
        card: ModelCard,
        *,
        precision: str,
        sides: Mapping[str, int],
        cache: Path | None = None,
    ) -> None:
        """Load a graph.

        Args:
            path: of the file, in float32.
            name: what it is to do.
            card: its model's.
            precision: "fp32", or "bf16" for the learned layers.
            sides: symbols of the format -> their sizes in this session, which spares runs the work with shapes.
            cache: where compiled graphs are kept; None = nowhere.

        Raises:
            ModelError: the file cannot be read, or is not the graph that the card promises.
            BackendError: out of memory.
        """
        self._path, self._precision, self._sides, self._cache = path, precision, sides, cache
        self._inputs = inputs_of(name, card)
        model = read_graph(path)
        with _telling_failures(f"{path}: OpenVINO cannot load it", ModelError):  # names that are no text
            inputs, outputs, metadata = _formats(model.inputs), _formats(model.outputs), _metadata(model)
        check_graph(path, name, card, inputs=inputs, outputs=outputs, metadata=metadata)
        self._requests = {1: self._prepare(model, batch=1)}

    def run(self, inputs: Mapping[str, Any], outputs: Sequence[str]) -> dict[str, NDArray[Any]]:
        """Run the graph; what it gives are copies, since the next run writes to the same memory."""
        request = self._request_of(batch=next(value.shape[0] for value in inputs.values() if value.shape))
        with _telling_failures("OpenVINO failed on the CPU", BackendError):
            request.infer(dict(inputs), share_inputs=True)
            return {name: request.get_tensor(name).data.copy() for name in outputs}

    def fetch(self, value: NDArray[Any]) -> NDArray[Any]:
        """Return an array on the host, where it is already."""
        return value

    def _request_of(self, batch: int) -> openvino.InferRequest:
        """Return what runs batches of this size: with all sizes known, nothing of a run is spent on shapes."""
        if batch not in self._requests:
            self._requests[batch] = self._prepare(read_graph(self._path), batch)
        return self._requests[batch]

    def _prepare(self, model: openvino.Model, batch: int) -> openvino.InferRequest:
        sides = {**self._sides, "N": batch}
        shapes = {
            tensor.name: [sides[side] if isinstance(side, str) else side for side in tensor.shape]
            for tensor in self._inputs
        }
        with _telling_failures(f"{self._path}: OpenVINO cannot load it", ModelError):
            return compile_graph(model, shapes, self._precision, self._cache).create_infer_request()


def read_graph(path: Path) -> openvino.Model:
    """Read an ONNX file.  Raises ModelError, BackendError."""
    with _telling_failures(f"{path}: OpenVINO cannot load it", ModelError):
        # Not `read_model`: given a broken file it tries all formats that it knows, and their readers print.
        frontend = openvino.frontend.FrontEndManager().load_by_framework("onnx")
        return frontend.convert(frontend.load(str(path)))


def compile_graph(
    model: openvino.Model, shapes: Mapping[str, list[int]], precision: str, cache: Path | None = None
) -> openvino.CompiledModel:
    """Make a graph ready to run on the CPU, for inputs of these shapes; `precision` is "fp32" or "bf16".

    OpenVINO names what it keeps in `cache` by a hash of the graph, the options and its own version.
    """
    model.reshape(dict(shapes))
    gather_columns(model)
    if precision == "bf16":
        lower_learned_layers(model)
    options: dict[str, Any] = {
        "INFERENCE_PRECISION_HINT": openvino.Type.f32,  # the default lowers all that there is, flow and warp as well
        "INFERENCE_NUM_THREADS": available_cores(),
        "NUM_STREAMS": 1,
        "PERFORMANCE_HINT": "LATENCY",
        "ENABLE_CPU_PINNING": False,  # two processes would be bound to the same cores
    }
    if cache:
        options["CACHE_DIR"] = str(cache / CACHE_FOLDER)
    return core().compile_model(model, "CPU", options)


def _metadata(model: openvino.Model) -> str | None:
    place = ["framework", METADATA_KEY]  # where OpenVINO puts an ONNX file's metadata
    return model.get_rt_info(place).astype(str) if model.has_rt_info(place) else None


def _formats(ports: Sequence[Any]) -> list[TensorFormat]:
    return [
        TensorFormat(
            port.any_name,
            tuple(side.get_length() if side.is_static else str(side) for side in port.partial_shape),
            np.dtype(port.element_type.to_dtype()).name,
        )
        for port in ports
    ]


@contextmanager
def _telling_failures(message: str, kind: type[Seg2VidError]) -> Iterator[None]:
    """Raise what OpenVINO throws as an error of this kind, and running out of memory as a BackendError."""
    try:
        yield
    except Exception as error:  # RuntimeError, or one of OpenVINO's own classes, whatever is wrong
        text = str(error).strip()
        if isinstance(error, MemoryError) or any(sign in text for sign in OUT_OF_MEMORY_SIGNS):
            raise OutOfMemoryError("out of memory on cpu", OUT_OF_MEMORY_HINT) from error
        # Its last line says what is wrong; those before it say where in OpenVINO's sources.
        raise kind(f"{message}: {(text or repr(error)).splitlines()[-1]}", FETCH_AGAIN) from error
