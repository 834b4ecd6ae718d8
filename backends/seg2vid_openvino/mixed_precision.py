"""Running the learned layers of a graph in bfloat16, and all else in float32.

OpenVINO's own way to bfloat16 is a hint, which lowers whatever leads to a convolution: a coordinate of 200 pixels would
be off by half a pixel.  So the graph itself is told: values that enter a learned part are converted to bfloat16, those
that leave it back to float32, and OpenVINO, asked for float32, keeps to the types that it finds.

A learned part is what lies between learned layers, with no sampling between them: the encoder with the decoder and its
heads is one, the refinement another.  The geometry and the warp are in none.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from seg2vid_openvino.runtime import openvino

LEARNED: Final = frozenset({"Convolution", "ConvolutionBackpropData", "MatMul"})
SAMPLING: Final = "GridSample"
SHAPE: Final = "ShapeOf"  # what depends on a shape does not depend on the values


def lower_learned_layers(model: openvino.Model) -> None:
    """Let the learned parts of a model in float32 compute in bfloat16."""
    names = learned_parts(model)
    inside = [node for node in model.get_ordered_ops() if node.get_name() in names]
    entering = [port for node in inside for port in node.inputs() if _source(port) not in names]
    users = [port for node in inside for output in node.outputs() for port in output.get_target_inputs()]
    leaving = [port for port in users if port.get_node().get_name() not in names]
    _convert(entering, openvino.Type.bf16)
    _convert(leaving, openvino.Type.f32)
    model.validate_nodes_and_infer_types()


def learned_parts(model: openvino.Model) -> frozenset[str]:
    """Return the names of the nodes on all ways from one learned layer to another, the layers included."""
    nodes = {node.get_name(): node for node in model.get_ordered_ops() if node.get_type_name() != SHAPE}
    parents = {name: {_source(port) for port in node.inputs()} & nodes.keys() for name, node in nodes.items()}
    children: dict[str, set[str]] = {name: set() for name in nodes}
    samplings: dict[str, int] = {}  # the most of them on any way to a node
    for name, node in nodes.items():
        most = max((samplings[parent] for parent in parents[name]), default=0)
        samplings[name] = most + (node.get_type_name() == SAMPLING)
        for parent in parents[name]:
            children[parent].add(name)
    learned = {name for name, node in nodes.items() if node.get_type_name() in LEARNED}
    after = _reached(learned, nodes, parents, samplings)
    before = _reached(learned, reversed(nodes), children, samplings)
    return frozenset(after & before)


def _reached(
    learned: Collection[str],
    order: Iterable[str],
    previous: Mapping[str, Collection[str]],
    samplings: Mapping[str, int],
) -> set[str]:
    """Return the nodes that can be come to from a learned layer without passing a sampling."""
    reached: set[str] = set()
    for name in order:
        if name in learned or any(n in reached and samplings[n] == samplings[name] for n in previous[name]):
            reached.add(name)
    return reached


def _convert(ports: Iterable[Any], dtype: openvino.Type) -> None:
    """Put a conversion before input ports that take float32, one for all ports that take the same value."""
    converted: dict[tuple[str, int], Any] = {}
    for port in ports:
        value = port.get_source_output()
        if value.get_element_type() != openvino.Type.f32:
            continue
        key = _source(port), value.get_index()
        if key not in converted:
            converted[key] = openvino.opset13.convert(value, dtype).output(0)
        port.replace_source_output(converted[key])


def _source(port: Any) -> str:
    """Return the name of the node whose value an input port takes."""
    name: str = port.get_source_output().get_node().get_name()
    return name
