"""Which nodes of a graph count as learned, and that nothing else is lowered."""

import numpy as np

from seg2vid_openvino.mixed_precision import learned_parts, lower_learned_layers
from seg2vid_openvino.runtime import openvino

operators = openvino.opset13


def convolution(value, name: str):
    weights = operators.constant(np.full((2, 2, 1, 1), 0.1, np.float32))
    node = operators.convolution(value, weights, [1, 1], [0, 0], [0, 0], [1, 1])
    node.set_friendly_name(name)
    return node


def named(node, name: str):
    node.set_friendly_name(name)
    return node


def two_networks_and_a_warp() -> openvino.Model:
    """Flow by two layers, added to coordinates; a warp; the frame painted over by two layers."""
    frame = operators.parameter([1, 2, 8, 8], np.float32)
    coordinates = operators.parameter([1, 2, 8, 8], np.float32)
    scale = operators.constant(np.float32(0.5))
    activation = named(operators.relu(convolution(named(operators.multiply(frame, scale), "prepare"), "first")), "relu")
    size = operators.convert(operators.shape_of(activation), np.float32)
    places = named(operators.add(convolution(activation, "last"), coordinates), "places")
    places = named(operators.multiply(places, operators.reduce_max(size, np.array([0]))), "scaled places")
    grid = operators.transpose(places, np.array([0, 2, 3, 1]))
    warped = operators.grid_sample(frame, grid, {"align_corners": True})
    masked = named(operators.multiply(named(warped, "warp"), named(operators.sigmoid(activation), "mask")), "masked")
    painted = convolution(named(operators.relu(convolution(masked, "third")), "second relu"), "fourth")
    result = named(operators.add(painted, masked), "sum")
    return openvino.Model([operators.result(result), operators.result(places)], [frame, coordinates], "tiny")


def test_a_learned_part_ends_at_its_last_layers_and_at_a_warp():
    model = two_networks_and_a_warp()
    names = learned_parts(model)
    inside = {node.get_friendly_name() for node in model.get_ops() if node.get_name() in names}
    assert inside == {"first", "relu", "last", "third", "second relu", "fourth"}


def test_values_are_converted_where_they_enter_and_leave():
    model = two_networks_and_a_warp()
    lower_learned_layers(model)
    types = {node.get_friendly_name(): node.get_output_element_type(0).to_string() for node in model.get_ops()}
    lowered = {name for name, dtype in types.items() if dtype == "bf16" and not name.startswith("Convert")}
    assert lowered == {"first", "relu", "last", "third", "second relu", "fourth"}
    assert {types[name] for name in ("prepare", "places", "scaled places", "warp", "mask", "masked", "sum")} == {"f32"}
