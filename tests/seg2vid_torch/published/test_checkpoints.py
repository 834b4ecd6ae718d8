"""The authors' checkpoints: told apart by their entries, exported, and refused where they are not whole."""

from pathlib import Path

import numpy as np
import pytest
import torch

from golden.inputs import FRAMES, Inputs
from published_files import GOLDEN, golden_entries, small_generator, with_split, zero_entries
from seg2vid_interface.backend import ExportRequest
from seg2vid_interface.errors import ModelError
from seg2vid_interface.graphs import OUTPUTS, graph_file, open_sides, tensors
from seg2vid_interface.label_spaces import CITYSCAPES, CITYSCAPES_LABEL_IDS, NO_LABELS
from seg2vid_interface.model_card import ModelFolder, open_model_folder
from seg2vid_onnx.graph import OnnxGraph
from seg2vid_torch.backend import TorchBackend
from seg2vid_torch.graphs.image import image_graph
from seg2vid_torch.graphs.motion import MotionGraph
from seg2vid_torch.published.checkpoints import read_published
from seg2vid_torch.weights.loading import load_image_network, load_motion_network

PATH = Path("net.pth")


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory) -> tuple[Path, Path]:
    """The published two-path network, with the golden weights, and a small pix2pixHD, in the authors' files."""
    folder = tmp_path_factory.mktemp("published")
    motion = {f"module.{name}": values for name, values in golden_entries("two_path").items()}
    checkpoint = {"vae": motion, "optimizer": {"state": {}}}
    files = folder / "refine_genmask_w_mask_two_path_096000.pth.tar", folder / "latest_net_G.pth"
    torch.save(checkpoint, files[0], _use_new_zipfile_serialization=False)
    torch.save(small_generator(), files[1])
    return files


@pytest.fixture(scope="module")
def model(checkpoints) -> ModelFolder:
    """The model made of both."""
    out = checkpoints[0].parent / "paper"
    TorchBackend().export(ExportRequest(checkpoints, out))
    return open_model_folder(out)


@pytest.fixture(scope="module")
def paper_graphs(checkpoints) -> ModelFolder:
    """The same with its ONNX graphs."""
    out = checkpoints[0].parent / "paper-graphs"
    TorchBackend().export(ExportRequest(checkpoints, out, graphs=("fp32",)))
    return open_model_folder(out)


def golden_chunk() -> dict[str, torch.Tensor]:
    """Return the golden numbers' inputs as the motion graph takes them."""
    inputs = Inputs(GOLDEN)
    return {
        "frame": inputs.frames[:, 0].contiguous(),
        "labels": inputs.labels.contiguous(),
        "latent": inputs.latent.flatten(1),
        "noise": inputs.picture("noise", 3),
        "labels_wanted": torch.tensor(True),
    }


def assert_golden(frames: np.ndarray, levels: float) -> None:
    """Compare frames uint8 (N, T, H, W, 3) with the golden ones."""
    found = GOLDEN.as_stored(np.moveaxis(frames, -1, 2).astype(np.float32))
    expected = 255 * GOLDEN.values["two_path.eval.refined"]
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= levels


def test_the_card_says_what_the_checkpoints_say(model):
    card = model.card
    assert (card.height, card.width, card.chunk_frames, card.latent_size) == (128, 256, FRAMES, 8 * 1024)
    assert (card.label_space, card.image_label_space) == (CITYSCAPES, CITYSCAPES_LABEL_IDS)
    assert (card.instance_edges, card.image_scale) == (True, 2)
    assert card.licence == "LicenseRef-unstated"
    motion, image = card.stages["motion"], card.stages["image"]
    assert (motion.preset, motion.steps, motion.data) == ("published", 96000, "not stated in the checkpoint")
    assert (image.preset, image.steps, image.network["width"]) == ("published", 0, 4)
    assert motion.parameters == 59_047_033


def test_pytorch_makes_the_golden_frames(model):
    graph = MotionGraph(load_motion_network(model, torch.device("cpu")), CITYSCAPES.other)
    with torch.inference_mode():
        assert_golden(graph(**golden_chunk())["frames"].numpy(), levels=0.53)


@pytest.mark.slow
def test_onnx_runtime_makes_the_golden_frames(paper_graphs):
    chunk, card = golden_chunk(), paper_graphs.card
    sides = open_sides(card, *chunk["frame"].shape[2:])
    graph = OnnxGraph(paper_graphs.path / graph_file("motion"), "motion", card, device="cpu", sides=sides)
    names = [tensor.name for tensor in tensors(OUTPUTS["motion"], card)]
    outputs = graph.run({name: values.numpy() for name, values in chunk.items()}, names)
    assert_golden(graph.fetch(outputs["frames"]), levels=2)


@pytest.mark.slow
def test_the_graph_averages_the_image_stage_s_picture(paper_graphs):
    network = load_image_network(paper_graphs, torch.device("cpu"))
    labels, edges = torch.rand(1, 35, 256, 512), torch.rand(1, 1, 256, 512)
    with torch.inference_mode():
        picture = (network(torch.cat([labels, edges], 1)) + 1) / 2
    expected = picture.unflatten(3, (256, 2)).unflatten(2, (128, 2)).mean((3, 5)).numpy()
    graph = OnnxGraph(
        paper_graphs.path / "image.onnx",
        "image",
        paper_graphs.card,
        device="cpu",
        sides=open_sides(paper_graphs.card, 128, 256),
    )
    found = graph.fetch(graph.run({"labels": labels.numpy(), "edges": edges.numpy()}, ["frame"])["frame"])
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize(("kind", "tolerance"), [pytest.param("global", 1e-4, marks=pytest.mark.slow), ("local", 1e-3)])
def test_pix2pixhd_makes_the_golden_pictures(kind, tolerance):
    stage = read_published(golden_entries(f"pix2pixhd_{kind}"), PATH)
    assert stage.network_settings["enhancer_blocks"] == (3 if kind == "local" else 0)
    assert (stage.height, stage.width) == ((512, 1024) if kind == "local" else (256, 512))
    conditions = Inputs(GOLDEN).draw("p2p_input", (1, 36, 64, 128), "uniform")
    with torch.inference_mode():
        frame = image_graph(stage.network, 1)(labels=conditions[:, :35], edges=conditions[:, 35:])["frame"]
    found, expected = GOLDEN.as_stored((2 * frame - 1).numpy()), GOLDEN.values[f"pix2pixhd.{kind}"]
    assert np.abs(found - expected).max() <= tolerance * np.abs(expected).max()


@pytest.mark.parametrize(
    ("published", "space", "settings"),
    [
        ("two_path", CITYSCAPES, {"paths": 2, "labels": True, "image_channels": 3, "interpolation": "bilinear"}),
        ("one_path", CITYSCAPES, {"paths": 1, "labels": True, "image_channels": 3, "interpolation": "bilinear"}),
        ("no_label", NO_LABELS, {"paths": 1, "labels": False, "image_channels": 3, "interpolation": "nearest"}),
        ("no_label_grey", NO_LABELS, {"paths": 1, "labels": False, "image_channels": 1, "interpolation": "nearest"}),
    ],
)
def test_variants_are_told_by_their_shapes(published, space, settings):
    stage = read_published({"vae": zero_entries(published), "optimizer": {}}, PATH)
    assert stage.label_space == space
    assert stage.network_settings.items() >= {**settings, "chunk_frames": 4, "background_latent": 0.5}.items()


@pytest.mark.parametrize("background", [128, 96, 1000])
def test_the_latent_may_be_split_anywhere(background):
    stage = read_published(with_split(zero_entries("two_path"), background), PATH)
    assert stage.network_settings["background_latent"] == background / 1024
    assert stage.network.foreground_column == background


@pytest.mark.parametrize("old_format", [False, True])
@pytest.mark.parametrize("instance_edges", [False, True])
def test_small_generators_in_both_file_formats(tmp_path, old_format, instance_edges):
    entries = {f"module.{name}": v for name, v in small_generator(enhanced=True, instance_edges=instance_edges).items()}
    torch.save(entries, tmp_path / "net_G.pth", _use_new_zipfile_serialization=not old_format)
    TorchBackend().export(ExportRequest((tmp_path / "net_G.pth",), tmp_path / "model"))
    model = open_model_folder(tmp_path / "model")
    assert (model.card.height, model.card.width, model.card.image_scale) == (512, 1024, 1)
    assert (model.card.label_space, model.card.image_label_space) == (CITYSCAPES, CITYSCAPES_LABEL_IDS)
    assert model.card.instance_edges == instance_edges
    assert (model.card.sizes.multiple, model.card.sizes.smallest) == (8, 16)
    network = load_image_network(model, torch.device("cpu"))
    assert torch.equal(network.coarse.entry[1].weight, entries["module.model.1.weight"])


def test_old_versions_counted_other_things():
    """Batch norm without num_batches_tracked, instance norm with statistics that it did not use."""
    motion = {name: v for name, v in zero_entries("two_path").items() if not name.endswith("num_batches_tracked")}
    assert read_published({"vae": motion}, PATH).stage == "motion"
    image = small_generator() | {"model.2.running_mean": torch.zeros(4), "model.2.running_var": torch.ones(4)}
    assert read_published(image, PATH).stage == "image"


def without(entries, *names):
    return {name: values for name, values in entries.items() if name not in names}


DAMAGED = {
    "lacks": (
        lambda: without(zero_entries("one_path"), "zconv.main.0.weight", "fc.bias"),
        "seg2vid: lacks fc.bias, zconv.main.0.weight",
    ),
    "lacks many": (
        lambda: {name: v for name, v in zero_entries("two_path").items() if not name.startswith("flow_decoder.")},
        r"seg2vid: lacks flow_decoder\.dconv1\.main\.0\.weight, [^ ]+, [^ ]+ and \d+ more",
    ),
    "surplus": (
        lambda: zero_entries("two_path") | {"motion_net.fc1.weight": torch.zeros(4, 4)},
        r"seg2vid: holds motion_net\.fc1\.weight, which is not of it",
    ),
    "width": (
        lambda: zero_entries("two_path") | {"encoder.econv1.main.0.weight": torch.zeros(16, 23, 4, 4)},
        r"seg2vid: encoder\.econv1\.main\.0\.weight is \(16, 23, 4, 4\), not \(32, 23, 4, 4\)",
    ),
    "not finite": (
        lambda: small_generator() | {"model.1.bias": torch.tensor([0, 1, torch.inf, torch.nan])},
        r"pix2pixHD's generator: holds numbers that are not finite in model\.1\.bias",
    ),
    "batch norm": (
        lambda: small_generator() | {"model.2.weight": torch.ones(4)},
        r"pix2pixHD's generator: holds model\.2\.weight, which is not of it",
    ),
    "cut off": (
        lambda: {"model.1.weight": torch.zeros(64, 36, 7, 7)},
        r"pix2pixHD's generator: lacks model\.1\.bias, .* and \d+ more",
    ),
    "a number": (lambda: small_generator() | {"model.1.weight": torch.zeros(())}, r"model\.1\.weight is \(\), not"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_checkpoints_are_named(name):
    make, message = DAMAGED[name]
    with pytest.raises(ModelError, match=rf"^net\.pth: not a whole checkpoint of .*{message}"):
        read_published(make(), PATH)


FOREIGN = {
    "classes": (
        lambda: zero_entries("one_path") | {"encoder.econv1.main.0.weight": torch.zeros(32, 15, 4, 4)},
        r"^net\.pth: a checkpoint of seg2vid that sees 12 classes$",
    ),
    "channels": (
        lambda: zero_entries("no_label") | {"refine_net.image_encoder.c1.0.main.0.weight": torch.zeros(64, 2, 3, 3)},
        r"^net\.pth: a checkpoint of seg2vid that sees 1 classes$",
    ),
    "frames": (
        lambda: zero_entries("no_label") | {"zconv.main.0.weight": torch.zeros(8, 320, 3, 3)},
        r"^net\.pth: a checkpoint of seg2vid with an unknown network: chunk_frames",
    ),
    "input channels": (
        lambda: small_generator() | {"model.1.weight": torch.zeros(4, 39, 7, 7)},
        r"^net\.pth: a checkpoint of pix2pixHD's generator with 39 input channels$",
    ),
    "blocks": (
        lambda: {"model.1.weight": torch.zeros(4, 36, 7, 7), "model.4.conv_block.1.weight": torch.zeros(4, 4, 3, 3)},
        r"^net\.pth: a checkpoint of pix2pixHD's generator with an unknown network: downsamplings",
    ),
    "discriminator": (
        lambda: zero_entries("pix2pixhd_discriminator"),
        r"^net\.pth: pix2pixHD's discriminator, which makes no pictures$",
    ),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_networks_that_were_never_published_are_named(name):
    make, message = FOREIGN[name]
    with pytest.raises(ModelError, match=message):
        read_published(make(), PATH)


@pytest.mark.parametrize("state", [{"state_dict": {}}, {"vae": 3}, {"vae": {"a": 1}}, {"fc.0.weight": 1}, [1], 7, {}])
def test_other_files_are_none_of_ours(state, tmp_path):
    assert read_published(state, PATH) is None
    torch.save(state, tmp_path / "other.pth")
    message = r"other\.pth: not a checkpoint written by seg2vid train, nor a published one of seg2vid or pix2pixHD$"
    with pytest.raises(ModelError, match=message):
        TorchBackend().export(ExportRequest((tmp_path / "other.pth",), tmp_path / "model"))
    assert [path.name for path in tmp_path.iterdir()] == ["other.pth"]


@pytest.mark.parametrize("old_format", [False, True])
def test_a_truncated_file_is_named(tmp_path, old_format):
    path = tmp_path / "net_G.pth"
    torch.save(small_generator(), path, _use_new_zipfile_serialization=not old_format)
    content = path.read_bytes()
    for length in (len(content) // 3, len(content) - 10):
        path.write_bytes(content[:length])
        with pytest.raises(ModelError, match=r"net_G\.pth: not a readable checkpoint: "):
            TorchBackend().export(ExportRequest((path,), tmp_path / "model"))
