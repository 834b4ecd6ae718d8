"""Weights stored in half precision, at half the size; whoever computes with them makes float32 of them again.

The networks are rounded before anything is written, so that all files of a model hold the same numbers.
"""

from typing import Final

import numpy as np
import onnx
import torch
from torch import Tensor, nn

LARGEST: Final = torch.finfo(torch.float16).max
FEWEST: Final = 1025
"""Numbers of a tensor that is worth it; smaller ones the exporter's optimizer would make float32 again."""


def stored(values: Tensor, *, half: bool) -> Tensor:
    """Return a network's tensor as it is to be stored: in half precision if it is a kernel or matrix that allows it."""
    if half and values.dtype == torch.float32 and values.ndim > 1 and bool((values.abs() <= LARGEST).all()):
        return values.half().contiguous()
    return values.contiguous()


def round_weights(network: nn.Module) -> None:
    """Round the network's weights to what `stored` keeps of them."""
    network.load_state_dict({name: stored(values, half=True) for name, values in network.state_dict().items()})


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
