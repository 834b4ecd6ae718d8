"""The format of a model's graphs: which there are, what goes in and comes out, and at what size."""

from itertools import product

import pytest

from seg2vid_interface.errors import ModelError
from seg2vid_interface.graph_results import FIELD_OUTPUTS
from seg2vid_interface.graphs import (
    KEY_FRAME_GRAPHS,
    KEY_FRAME_INPUTS,
    KEY_FRAME_OUTPUTS,
    TensorFormat,
    card_for_metadata,
    check_graph,
    graph_file,
    graphs_of,
    inputs_of,
    motion_size,
    open_sides,
    outputs_of,
)
from seg2vid_interface.model_card import read_card


@pytest.fixture
def plain(make_model):
    return read_card(make_model("plain"))


@pytest.fixture
def driving(make_model):
    return read_card(make_model("driving", camera={}))


def names(tensors: list[TensorFormat]) -> list[str]:
    return [tensor.name for tensor in tensors]


def test_a_camera_makes_a_stage_of_several_graphs(plain, driving):
    assert (graphs_of("motion", plain), graphs_of("image", plain)) == (("motion",), ("image",))
    assert (graphs_of("motion", driving), graphs_of("image", driving)) == (KEY_FRAME_GRAPHS, ("image",))
    assert KEY_FRAME_INPUTS.keys() == KEY_FRAME_OUTPUTS.keys() == set(KEY_FRAME_GRAPHS)


def test_the_motion_graph_is_another_with_a_camera(plain, driving):
    assert "latent" in names(inputs_of("motion", plain))
    assert names(inputs_of("motion", driving)) == [
        "label_map",
        "object_map",
        "inverse_depth",
        "camera",
        "object_motion",
    ]
    assert inputs_of("image", plain) == inputs_of("image", driving)


def test_what_graphs_take_is_in_a_request_or_comes_of_another(driving):
    """Or of the same graph, of the chunk before, there named next_X; or is the image stage's frame."""
    given = {"frame", "label_map", "object_map", "texture", "trust", "noise", "camera", "object_motion", "next_frame"}
    made = {name.removeprefix("next_") for graph in KEY_FRAME_GRAPHS for name in names(outputs_of(graph, driving))}
    made |= {name for graph in KEY_FRAME_GRAPHS for name in names(outputs_of(graph, driving))}
    for graph in KEY_FRAME_GRAPHS:
        assert set(names(inputs_of(graph, driving))) <= given | made


def test_the_fields_graph_tells_every_field(driving):
    assert set(names(outputs_of("fields", driving))) == {name for fields in FIELD_OUTPUTS.values() for name in fields}


def test_the_cards_numbers_stand_for_symbols(driving):
    shapes = {tensor.name: tensor.shape for tensor in inputs_of("known", driving)}
    assert (shapes["noise"], shapes["seen"]) == (("N", 4, "H", "W"), ("N", 4, 1, "h", "w"))
    assert {tensor.name: tensor.shape for tensor in inputs_of("motion", driving)}["camera"] == ("N", 5, 3)
    assert {tensor.name: tensor.shape for tensor in outputs_of("known", driving)}["labels"] == ("N", 20, "H", "W")


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((32, 64), (32, 64)),
        ((16, 32), (16, 32)),
        ((44, 90), (44, 90)),  # less than twice the area
        ((64, 128), (32, 64)),
        ((128, 256), (32, 64)),
        ((96, 192), (24, 48)),  # of twice its own area and half of it the nearer one
        ((512, 1024), (32, 64)),
    ],
)
def test_motion_is_told_at_about_the_cards_size(driving, size, expected):
    assert motion_size(driving, *size) == expected


def test_motion_is_told_at_a_size_that_the_networks_take(make_model):
    card = read_card(make_model(camera={}, sizes={"multiple": 8, "smallest": 32}))
    for steps in product(range(4, 40, 3), range(4, 60, 7)):
        size = steps[0] * 8, steps[1] * 8
        told = motion_size(card, *size)
        assert all(side % 8 == 0 and side > 0 for side in told)
        assert told == size or told[0] * told[1] <= 2 * card.height * card.width


def test_a_path_needs_no_more_numbers_in_a_larger_picture(plain, driving):
    assert (open_sides(plain, 64, 128)["L"], open_sides(driving, 64, 128)["L"]) == (4 * plain.latent_size, 8)
    assert open_sides(driving, 64, 128) == {"H": 64, "W": 128, "SH": 64, "SW": 128, "L": 8, "h": 32, "w": 64}


def test_only_stages_come_in_several_precisions():
    files = [graph_file(name, "fp16") for name in ("motion", "image", "known", "between", "fields", "depth", "style")]
    assert files == ["motion.fp16.onnx", "image.fp16.onnx", *(f"{name}.onnx" for name in ("known", "between"))] + [
        f"{name}.onnx" for name in ("fields", "depth", "style")
    ]


@pytest.mark.parametrize("name", KEY_FRAME_GRAPHS)
def test_a_graph_that_is_not_as_promised_is_refused(driving, name, tmp_path):
    inputs, outputs = inputs_of(name, driving), outputs_of(name, driving)
    right = {"inputs": inputs, "outputs": outputs, "metadata": card_for_metadata(driving)}
    path = tmp_path / f"{name}.onnx"
    check_graph(path, name, driving, **right)
    with pytest.raises(ModelError, match=f"its inputs are .*, not .*{inputs[-1].name}"):
        check_graph(path, name, driving, **right | {"inputs": inputs[:-1]})
    wrong = TensorFormat(outputs[0].name, outputs[0].shape, "float64")
    with pytest.raises(ModelError, match=f"its output {wrong.name} is float64"):
        check_graph(path, name, driving, **right | {"outputs": [wrong, *outputs[1:]]})
