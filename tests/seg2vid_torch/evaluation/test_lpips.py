"""LPIPS, against its formula."""

import pytest
import torch
from onnx import helper
from torch.nn import functional

from drawn_windows import write_graph
from seg2vid_interface.errors import ModelError
from seg2vid_torch.evaluation.feature_files import SOURCES
from seg2vid_torch.evaluation.lpips import LINEAR, Lpips
from seg2vid_torch.networks.vgg import VGG16, Vgg
from vgg_file import write_vgg_file

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def weights() -> dict[str, torch.Tensor]:
    with torch.device("meta"):
        shapes = {name: values.shape for name, values in Vgg(VGG16, range(13)).state_dict().items()}
    generator = torch.Generator().manual_seed(0)
    drawn = {}
    for name, shape in shapes.items():  # a kernel's nine weights are one number, so that the file is small
        numbers = torch.randn(*shape[:2], *[1] * (len(shape) - 2), generator=generator)
        drawn[name] = (numbers * (2 / (9 * shape[1])) ** 0.5).expand(shape) if len(shape) > 1 else numbers / 10
    return drawn


def reference(weights: dict[str, torch.Tensor], one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """Return the distances of pictures in -1..1 as the paper has them, with the scaling layer of its code."""
    shift, scale = torch.tensor([-0.030, -0.088, -0.188]), torch.tensor([0.458, 0.448, 0.450])
    linear = torch.load(LINEAR, map_location="cpu", weights_only=True)
    maps = [(picture - shift.view(3, 1, 1)) / scale.view(3, 1, 1) for picture in (one, other)]
    total, layer = torch.zeros(len(one)), 0
    for block, convolutions in enumerate((2, 2, 3, 3, 3)):
        if block:
            maps, layer = [functional.max_pool2d(each, 2) for each in maps], layer + 1
        for _ in range(convolutions):
            weight, bias = (weights[f"features.{layer}.{part}"] for part in ("weight", "bias"))
            maps, layer = [functional.conv2d(each, weight, bias, padding=1).relu() for each in maps], layer + 2
        first, second = (functional.normalize(each, dim=1) for each in maps)
        total += functional.conv2d((first - second) ** 2, linear[f"lin{block}.model.1.weight"]).mean((1, 2, 3))
    return total


def test_it_is_what_the_paper_says(tmp_path, weights):
    torch.save(weights, tmp_path / "vgg16.pth")
    generator = torch.Generator().manual_seed(0)
    one, other = (torch.rand(2, 3, 32, 48, generator=generator) for _ in range(2))
    found = Lpips(tmp_path / "vgg16.pth", CPU).distance(one, other)
    assert found.tolist() == pytest.approx(reference(weights, 2 * one - 1, 2 * other - 1).tolist(), rel=1e-4)
    assert found.min() > 0.01
    assert Lpips(tmp_path / "vgg16.pth", CPU).distance(one, one).tolist() == [0, 0]


def test_the_linear_weights_are_those_of_the_authors_package():
    package = pytest.importorskip("lpips")
    from pathlib import Path

    own = torch.load(LINEAR, map_location="cpu", weights_only=True)
    theirs = torch.load(
        Path(package.__file__).parent / "weights" / "v0.1" / "vgg.pth", map_location="cpu", weights_only=True
    )
    assert own.keys() == theirs.keys()
    assert all(torch.equal(own[name], theirs[name]) for name in own)


def test_vgg19_is_refused(tmp_path):
    path = write_vgg_file(tmp_path / "vgg19.pth")
    with pytest.raises(ModelError) as caught:
        Lpips(path, CPU)
    assert caught.value.message.startswith(
        f"{path}: another network's weights, not VGG16's: it lacks features.17.weight"
    )
    assert caught.value.hint == f"Fetch {SOURCES['vgg']}."


def test_a_graph_gives_five_maps_or_is_refused(tmp_path):
    def write(name: str, channels: tuple[int, ...]):
        nodes = []
        constants = {}
        for index, count in enumerate(channels):
            constants[f"w{index}"] = torch.rand(count, 3, 1, 1, generator=torch.Generator().manual_seed(index)).numpy()
            nodes.append(helper.make_node("Conv", ["x", f"w{index}"], [f"y{index}"]))
        shapes = [["n", count, "h", "w"] for count in channels]
        return write_graph(tmp_path / name, ["n", 3, "h", "w"], shapes, nodes, **constants)

    one, other = (torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(seed)) for seed in (0, 1))
    assert Lpips(write("vgg.onnx", (64, 128, 256, 512, 512)), CPU).distance(one, other) > 0
    path = write("other.onnx", (64,))
    with pytest.raises(ModelError) as caught:
        Lpips(path, CPU)
    assert caught.value.message.startswith(f"{path}: another network, not vgg: 5 maps")
