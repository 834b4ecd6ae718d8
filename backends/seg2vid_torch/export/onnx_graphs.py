"""Writing a stage as an ONNX graph (`seg2vid_interface.graphs` is the format)."""

import copy
import logging
import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import onnx
import onnxscript
import torch
from torch import nn
from torch.export import Dim

from seg2vid_interface.graphs import (
    DIMENSIONS,
    METADATA_KEY,
    GraphName,
    TensorFormat,
    card_for_metadata,
    inputs_of,
    open_sides,
    outputs_of,
)
from seg2vid_interface.model_card import ModelCard
from seg2vid_torch.export.half_initializers import halve_initializers
from seg2vid_torch.export.lowering import lower_quickly
from seg2vid_torch.export.simplifying import simplify

OPSET = 18  # beyond, the exporter converts, which it does not do within branches
TRACED_HEIGHT, TRACED_WIDTH = 192, 320  # pixels, about; unlike each other and any model's, so that nothing is fixed
LARGEST_SIDE = 4096  # pixels

_operators: Any = onnxscript.opset18  # annotated for eager values, and here values of a graph are put together


def write_graph(
    graph: nn.Module, name: GraphName, card: ModelCard, path: Path, precision: str, *, half_weights: bool = False
) -> None:
    """Write one graph; batch, height, width and with them the latent's size stay open.

    Args:
        graph: `graphs.MotionGraph`, or one of `graphs.image`, in float32.
        name: which of them.
        card: the model's; it is put into the metadata too.
        path: of the file.
        precision: "fp32", or "fp16": then the learned layers run in float16, and flow, warp and all inputs and outputs
            stay in float32.
        half_weights: whether to store in half precision what loses nothing by it.
    """
    graph = copy.deepcopy(graph).eval()
    if precision == "fp16":
        graph = graph.half()
    inputs, outputs = inputs_of(name, card), outputs_of(name, card)
    with _quietly(), torch.no_grad():
        program = torch.export.export(
            graph,
            (),
            _examples(inputs, card),
            dynamic_shapes=_dynamic_shapes(inputs, card),
            strict=False,
            prefer_deferred_runtime_asserts_over_guards=True,  # sizes are checked when a model is opened
        )
        lower_quickly(program)
        exported = torch.onnx.export(
            program,
            opset_version=OPSET,
            dynamo=True,
            external_data=False,
            optimize=False,
            verbose=False,
            input_names=[tensor.name for tensor in inputs],
            output_names=[tensor.name for tensor in outputs],
            custom_translation_table={
                torch.ops.seg2vid.relay.default: _relay,
                torch.ops.aten.sym_stride.int: _stride,
            },
        )
        if exported is None:
            raise RuntimeError("torch.onnx.export returned nothing")
        model = exported.model_proto
        if half_weights:  # before batch norms are put into the kernels, which would then be other numbers than weights'
            halve_initializers(model)
        model = simplify(model)
    _strip(model.graph)
    _name_dimensions(model, inputs, outputs)
    onnx.helper.set_model_props(model, {METADATA_KEY: card_for_metadata(card)})
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


def _examples(inputs: Sequence[TensorFormat], card: ModelCard) -> dict[str, torch.Tensor]:
    """Return tensors to trace with."""
    multiple = card.sizes.multiple
    height, width = (math.ceil(side / multiple) * multiple for side in (TRACED_HEIGHT, TRACED_WIDTH))
    sides = {"N": 2, **open_sides(card, height, width)}
    return {
        tensor.name: torch.zeros(
            [sides[side] if isinstance(side, str) else side for side in tensor.shape],
            dtype=getattr(torch, tensor.dtype),
        )
        for tensor in inputs
    }


def _dynamic_shapes(inputs: Sequence[TensorFormat], card: ModelCard) -> dict[str, dict[int, Any]]:
    multiple = card.sizes.multiple
    height, width = (Dim(f"{name}_steps", min=1, max=LARGEST_SIDE // multiple) for name in ("height", "width"))
    image_multiple = card.image_scale * multiple
    sides = {
        "N": Dim("batch", min=1, max=1024),
        "L": Dim("latent_size"),
        "H": multiple * height,
        "W": multiple * width,
        "SH": image_multiple * height,
        "SW": image_multiple * width,
        "h": multiple * Dim("motion_height_steps", min=1, max=LARGEST_SIDE // multiple),
        "w": multiple * Dim("motion_width_steps", min=1, max=LARGEST_SIDE // multiple),
    }
    return {
        tensor.name: {i: sides[side] for i, side in enumerate(tensor.shape) if isinstance(side, str)}
        for tensor in inputs
    }


def _relay(numbers: Any, shape: Sequence[Any]) -> Any:
    """Write `networks.relay` as a Reshape; sides are numbers, or values that the graph computes."""
    one = _operators.Constant(value_ints=[1])
    sides = [
        _operators.Constant(value_ints=[side]) if isinstance(side, int) else _operators.Reshape(side, one)
        for side in shape
    ]
    return _operators.Reshape(numbers, _operators.Concat(*sides, axis=0))


def _stride(numbers: Any, side: int) -> Any:
    """Write the stride of a contiguous tensor, by which a branch may know a size: the product of the sides after it."""
    sides = _operators.Shape(numbers, start=side + 1)
    return _operators.ReduceProd(sides, keepdims=0)


def _strip(graph: onnx.GraphProto) -> None:
    """Take out what the exporter notes for its developers: stack traces, with paths of this machine, and shapes."""
    for part in (graph, *graph.node, *graph.initializer, *graph.input, *graph.output):
        del part.metadata_props[:]
        part.doc_string = ""
    del graph.value_info[:]
    for branch in (attribute.g for node in graph.node for attribute in node.attribute if attribute.HasField("g")):
        _strip(branch)


def _name_dimensions(model: onnx.ModelProto, inputs: Sequence[TensorFormat], outputs: Sequence[TensorFormat]) -> None:
    formats = {tensor.name: tensor for tensor in (*inputs, *outputs)}
    for value in (*model.graph.input, *model.graph.output):
        for dimension, side in zip(value.type.tensor_type.shape.dim, formats[value.name].shape, strict=True):
            if isinstance(side, str):
                dimension.dim_param = DIMENSIONS[side]


@contextmanager
def _quietly() -> Iterator[None]:
    """Silence what the exporters tell their developers."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
