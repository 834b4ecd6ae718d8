"""Constants of an ONNX graph stored in half precision, at half the size; the graph makes float32 of them again."""

from typing import Final

import numpy as np
import onnx

FEWEST: Final = 1025
"""Numbers of a tensor that is worth it; smaller ones the exporter's optimizer would make float32 again."""


def halve_initializers(model: onnx.ModelProto) -> None:
    """Store in half precision, with a Cast behind it, every float32 tensor of a graph that loses nothing by it."""
    graph = model.graph
    casts = []
    for number, tensor in enumerate(graph.initializer):
        if tensor.data_type != onnx.TensorProto.FLOAT:
            continue
        values = onnx.numpy_helper.to_array(tensor)
        with np.errstate(over="ignore"):
            half = values.astype(np.float16)
        if values.size < FEWEST or not np.array_equal(half.astype(np.float32), values):
            continue
        name = tensor.name
        casts.append(onnx.helper.make_node("Cast", [f"{name}.half"], [name], to=onnx.TensorProto.FLOAT))
        graph.initializer[number].CopyFrom(onnx.numpy_helper.from_array(half, f"{name}.half"))
    nodes = list(graph.node)
    del graph.node[:]
    graph.node.extend([*casts, *nodes])
