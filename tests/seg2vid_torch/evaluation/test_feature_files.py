"""Files of feature networks: which are taken, and what is said of others."""

import numpy as np
import pytest
import torch
from onnx import helper
from safetensors.torch import save_file

from drawn_windows import write_graph, write_means
from seg2vid_interface.errors import ModelError
from seg2vid_torch.evaluation.feature_files import FORMS, SOURCES, fingerprint, open_features
from seg2vid_torch.networks.features.i3d import I3d
from seg2vid_torch.networks.features.inception import Inception

CPU = torch.device("cpu")


def entries(build) -> dict[str, torch.Tensor]:
    """Return small weights of a network, with entries that it does not have."""
    with torch.device("meta"):
        shapes = {name: values.shape for name, values in build().state_dict().items()}
    generator = torch.Generator().manual_seed(0)
    drawn = {}
    for name, shape in shapes.items():
        wide = torch.rand(1, *[1] * (len(shape) - 1), generator=generator) if len(shape) > 1 else torch.ones(1)
        drawn[name] = (wide / max(1, int(np.prod(shape[1:])))).expand(shape) if shape else torch.tensor(0)
    return drawn | {"fc.weight": torch.zeros(2, 2)}


@pytest.mark.parametrize("wrapped", [False, True])
def test_inceptions_weights_are_taken_from_a_state_dict(tmp_path, wrapped):
    found = {name: values for name, values in entries(Inception).items() if "num_batches" not in name}
    torch.save({"state_dict": found} if wrapped else found, tmp_path / "inception.pth")
    network = open_features("inception", tmp_path / "inception.pth", CPU)
    assert network(torch.zeros(1, 3, 299, 299)).shape == (1, 2048)


@pytest.mark.slow
def test_i3ds_weights_are_taken_from_safetensors(tmp_path):
    save_file({name: values.clone() for name, values in entries(I3d).items()}, tmp_path / "i3d.safetensors")
    network = open_features("i3d", tmp_path / "i3d.safetensors", CPU)
    assert network(torch.zeros(1, 3, 10, 224, 224)).shape == (1, 400)


def test_an_onnx_file_gives_features(tmp_path):
    network = open_features("inception", write_means(tmp_path / "means.onnx", 4), CPU)
    pictures = torch.rand(5, 3, 299, 299, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(network(pictures), pictures.mean((2, 3)), atol=1e-5)


@pytest.mark.parametrize("name", ["inception", "i3d"])
def test_another_networks_weights_are_refused(tmp_path, name):
    path = tmp_path / "vgg.pth"
    torch.save({"features.0.weight": torch.zeros(64, 3, 3, 3)}, path)
    with pytest.raises(ModelError) as caught:
        open_features(name, path, CPU)
    assert caught.value.message.startswith(f"{path}: another network's weights, not those of {name}: it lacks Conv")
    assert caught.value.hint == f"Fetch {SOURCES[name]}."


def test_another_networks_graph_is_refused(tmp_path):
    path = write_means(tmp_path / "means.onnx", 4)
    with pytest.raises(ModelError) as caught:
        open_features("i3d", path, CPU)
    assert caught.value.message == (
        f"{path}: another network, not i3d: its input is (?, 3, ?, ?), its outputs have 2 dimensions, and 5 dimensions "
        "with 3 channels are wanted, and one output of features (N, D)"
    )


def test_a_torch_script_program_is_refused_with_the_reason(tmp_path):
    path = tmp_path / "i3d_torchscript.pt"
    with pytest.warns(DeprecationWarning):
        torch.jit.save(torch.jit.trace(torch.nn.Linear(2, 2), torch.zeros(1, 2)), path)
    with pytest.raises(ModelError) as caught:
        open_features("i3d", path, CPU)
    reason = "it would run code of whoever made the file, so it is not opened"
    assert caught.value.message == f"{path}: a TorchScript program: {reason}"
    assert caught.value.hint.startswith("Save its numbers where you trust it: ")
    assert caught.value.hint.endswith(FORMS)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("gone.onnx", None, "no ONNX file there"),
        ("broken.onnx", b"no graph", "not a readable ONNX file: "),
        ("gone.pth", None, "no file of weights there"),
        ("empty.pth", b"", "not a readable file of weights: "),
        ("page.pth", b"<!DOCTYPE html>", "a web page, not a file of weights"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path, name, content, message):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelError) as caught:
        open_features("inception", tmp_path / name, CPU)
    assert caught.value.message.startswith(f"{tmp_path / name}: {message}")


def test_a_graph_that_fails_is_named(tmp_path):
    constants = {"odd": np.zeros((1, 3, 7, 7), np.float32)}
    nodes = [
        helper.make_node("Add", ["x", "odd"], ["sum"]),
        helper.make_node("ReduceMean", ["sum"], ["y0"], axes=[2, 3], keepdims=0),
    ]
    path = write_graph(tmp_path / "odd.onnx", ["n", 3, "h", "w"], [["n", 3]], nodes, **constants)
    network = open_features("inception", path, CPU)
    with pytest.raises(ModelError, match=r"odd\.onnx: failed: "):
        network(torch.zeros(1, 3, 299, 299))


def test_a_file_is_told_by_its_bytes(tmp_path):
    (tmp_path / "a.pth").write_bytes(b"a")
    assert fingerprint(tmp_path / "a.pth") == "a.pth (sha256 ca978112ca1b)"
