"""The whole program with pix2pixHD as image stage: it sees label ids, instance edges, and a larger picture."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from published_files import small_generator
from seg2vid_interface.agreement import measure_agreement
from seg2vid_interface.backend import OpenOptions
from seg2vid_onnx.backend import OnnxBackend
from seg2vid_torch.backend import TorchBackend

CAR = 26  # label id


@pytest.fixture
def label_ids(tmp_path: Path) -> Path:
    """A street in label ids, 256x256, on which two cars touch."""
    ids = np.full((256, 256), 7, np.uint8)
    ids[:100], ids[120:180, 60:200] = 23, CAR
    path = tmp_path / "x_gtFine_labelIds.png"
    Image.fromarray(ids).save(path)
    return path


@pytest.fixture
def instance_ids(label_ids: Path) -> Path:
    """Its instance ids, as Cityscapes writes them."""
    ids = np.asarray(Image.open(label_ids)).astype(np.uint16)
    ids[ids == CAR] = CAR * 1000
    ids[120:180, 130:200] += 1
    path = label_ids.with_name("x_gtFine_instanceIds.png")
    Image.fromarray(ids).save(path)
    return path


def first_frame(seg2vid, *arguments) -> np.ndarray:
    flags = ("--frames", 1, "--save", "first-frame", "-o", "out.mp4", "--overwrite", "--json")
    result = seg2vid("generate", *arguments, *flags)
    assert result.exit_code == 0, result.stderr
    return np.asarray(Image.open("out.first-frame.png")).astype(int)


@pytest.mark.parametrize("backend", ["onnx", "openvino", "torch"])
def test_two_cars_that_touch_are_told_apart(seg2vid, label_id_graph_model, label_ids, instance_ids, backend):
    command = ("--model", label_id_graph_model.path, "--backend", backend, "--precision", "fp32")
    regions = first_frame(seg2vid, label_ids, *command)
    given = first_frame(seg2vid, label_ids, *command, "--instances", instance_ids)
    own = first_frame(seg2vid, instance_ids, *command)
    assert regions.shape == (128, 128, 3)
    assert np.array_equal(given, own)
    assert not np.array_equal(given, regions)


def test_a_clip_with_a_folder_of_instances(seg2vid, label_id_graph_model, label_ids, instance_ids):
    command = (
        "generate",
        label_ids,
        "--model",
        label_id_graph_model.path,
        "--backend",
        "onnx",
        "--frames",
        6,
        "-o",
        "a/",
    )
    result = seg2vid(*command, "--instances", instance_ids.parent, "--save", "labels,flow", "--json")
    assert result.exit_code == 0, result.stderr
    (clip,) = json.loads(result.stdout)["data"]["outputs"]
    assert (clip["frames"], clip["height"], clip["width"]) == (6, 128, 128)
    labels = np.asarray(Image.open(f"a/{label_ids.stem}.labels/000000.png"))
    assert np.unique(labels).tolist() == [0, 10, 13]  # train ids, whatever the image stage sees


def test_instances_of_another_size_are_refused(seg2vid, label_id_graph_model, label_ids, tmp_path):
    Image.fromarray(np.zeros((64, 64), np.uint16)).save(tmp_path / "small.png")
    flags = ("--model", label_id_graph_model.path, "--instances", tmp_path / "small.png", "-o", "a.mp4")
    result = seg2vid("generate", label_ids, *flags)
    assert result.exit_code == 1
    assert "small.png: 64x64 (height x width), but its label map is 256x256" in result.stderr
    assert list(Path().iterdir()) == []


def test_a_model_without_a_camera_that_sees_no_instances_refuses_them(seg2vid, graph_model, label_ids, instance_ids):
    result = seg2vid("generate", label_ids, "--instances", instance_ids, "--model", graph_model.path)
    assert result.exit_code == 2
    name = graph_model.card.name
    assert (
        result.stderr
        == f"error: --instances {instance_ids}: the model {name} sees no instances\n       Leave it out.\n"
    )


def test_the_bundled_model_tells_things_apart_by_them(seg2vid, label_ids, instance_ids):
    flags = ("--frames", 2, "--save", "instances", "-o", "a.mp4")
    result = seg2vid("generate", label_ids, "--instances", instance_ids, *flags)
    assert result.exit_code == 0, result.stderr


def test_its_card_is_shown(seg2vid, label_id_graph_model):
    lines = seg2vid("models", "show", label_id_graph_model.path).stdout.splitlines()
    assert "first frame  made at 256x256 from cityscapes-label-ids, 35 classes and instance edges" in lines


def test_the_export_s_comparison_suits_it(label_id_graph_model):
    with (
        TorchBackend().open(label_id_graph_model, OpenOptions("cpu", "fp32")) as reference,
        OnnxBackend().open(label_id_graph_model, OpenOptions("cpu", "fp32")) as graphs,
    ):
        agreement = measure_agreement(reference, graphs, label_id_graph_model.card, samples=1)
    assert agreement.problem() is None


@pytest.mark.slow
def test_a_published_generator_alone(seg2vid, label_ids, instance_ids, tmp_path):
    torch.save(small_generator(), tmp_path / "latest_net_G.pth")
    result = seg2vid("export", tmp_path / "latest_net_G.pth", "-o", "still", "--onnx", "--precision", "fp16", "--json")
    assert result.exit_code == 0, result.stderr
    data = json.loads(result.stdout)["data"]
    assert data["stages"] == ["image"]
    assert [agreement["precision"] for agreement in data["agreement"]] == ["fp32", "fp16"]
    picture = first_frame(seg2vid, label_ids, "--model", "./still", "--instances", instance_ids, "--backend", "onnx")
    assert picture.shape == (256, 512, 3)
    smaller = first_frame(seg2vid, label_ids, "--model", "./still", "--size", "128x128", "--backend", "onnx")
    assert smaller.shape == (128, 128, 3)
