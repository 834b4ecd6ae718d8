"""A graph of PyTorch's operators, of which those that the ONNX exporter does not know are replaced one by one.

PyTorch's own `ExportedProgram.run_decompositions` runs the whole graph twice more to replace the few, and with open
sizes that takes as long as all the rest of an export.
"""

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Any

import torch
from torch import fx
from torch._subclasses.fake_tensor import FakeTensor
from torch.export import ExportedProgram
from torch.fx.experimental.proxy_tensor import make_fx

Table = Mapping[Any, Callable[..., Any]]
"""Operators that are to be replaced, and what replaces them."""

_aten: Any = torch.ops.aten
UNTOLD = (_aten.to.dtype, _aten.movedim.int, _aten.batch_norm.default)
"""Operators that the exporter does not know, but are in no table: `run_decompositions` always takes them apart."""


def lower_quickly(program: ExportedProgram) -> None:
    """Make `run_decompositions`, which the ONNX exporter calls, replace what has to be, unless a tensor is changed."""
    rerun = program.run_decompositions

    def run_decompositions(table: Table) -> ExportedProgram:
        graphs = [module.graph for module in program.graph_module.modules() if isinstance(module, fx.GraphModule)]
        nodes = [(graph, node) for graph in graphs for node in graph.nodes]
        for _, node in nodes:
            if node.target is _aten.detach_.default:  # of a constant, which nothing else refers to
                node.target = _aten.detach.default
        if any(_changes_a_tensor(node) for _, node in nodes):
            return rerun(dict(table))
        for graph, node in nodes:
            if node.target in table or node.target in UNTOLD:
                result = _replace(graph, node, table)
                program.graph_signature.replace_all_uses(node.name, result.name)
        return program

    vars(program)["run_decompositions"] = run_decompositions


def _changes_a_tensor(node: fx.Node) -> bool:
    schema = getattr(node.target, "_schema", None)
    return schema is not None and schema.is_mutable


def _replace(graph: fx.Graph, node: fx.Node, table: Table) -> fx.Node:
    """Put what the node's operator is made of in its place, and return its (first) result."""
    operator: Any = node.target
    inputs = node.all_input_nodes

    def run(*values: Any) -> Any:
        known = dict(zip(inputs, values, strict=True))
        args, kwargs = fx.map_arg((node.args, node.kwargs), known.__getitem__)
        return operator(*args, **kwargs)

    values = [argument.meta["val"] for argument in inputs]
    mode = next((x.fake_mode for x in values if isinstance(x, FakeTensor)), nullcontext())
    with mode:  # tensors that are made on the way have no memory either
        parts = make_fx(run, decomposition_table=dict(table))(*values).graph
    parts.eliminate_dead_code()
    copies = dict(zip(parts.find_nodes(op="placeholder"), inputs, strict=True))
    with graph.inserting_before(node):
        result: Any = graph.graph_copy(parts, copies)
    if isinstance(result, fx.Node):
        node.replace_all_uses_with(result)
        results = [result]
    else:
        results = list(result)
        for user in list(node.users):  # takes one of several results
            place: Any = user.args[1]
            user.replace_all_uses_with(results[place])
            graph.erase_node(user)
    graph.erase_node(node)
    return results[0]
