"""`seg2vid export --onnx` with real stages: what it makes, what it compares, and when it refuses."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from seg2vid_cli.export import exporting
from seg2vid_cli.terminal.console import Console
from seg2vid_interface.errors import ModelError
from seg2vid_interface.model_card import CARD_NAME, file_sha256, open_model_folder


def test_graphs_are_made_and_compared(seg2vid, runs):
    result = seg2vid("export", runs["image"], "-o", "town", "--onnx", "--json")
    assert result.exit_code == 0, result.stderr
    data = json.loads(result.stdout)["data"]
    assert set(data["files"]) == {
        *(f"{name}.{ending}" for name in ("image", "style") for ending in ("onnx", "safetensors")),
        "model.json",
    }
    (agreement,) = data["agreement"]
    assert (agreement["precision"], agreement["chunk_share"], agreement["clip_share"]) == ("fp32", 1, 1)
    assert [difference["output"] for difference in agreement["differences"]] == ["first_frame"]
    assert agreement["style"] < 1e-4
    assert "onnx in fp32 against torch:\n    first_frame   largest " in result.stderr
    assert open_model_folder(Path("town")).card.name == "town"


@pytest.mark.slow
def test_graphs_that_compute_something_else_are_refused(graph_model, tmp_path):
    """The weights were changed after the graphs had been made."""
    shutil.copytree(graph_model.path, tmp_path / "changed")
    file = tmp_path / "changed" / "image.safetensors"
    weights = load_file(file)
    weights["to_rgb.bias"] = weights["to_rgb.bias"] + np.float32(0.3)
    save_file(weights, file)
    card_file = tmp_path / "changed" / CARD_NAME
    card = json.loads(card_file.read_text())
    card["stages"]["image"]["files"]["image.safetensors"] = file_sha256(file)
    card_file.write_text(json.dumps(card))
    with pytest.raises(
        ModelError, match=r"the fp32 graphs do not compute what the weights do: .* of a chunk beyond 2/255"
    ):
        exporting._compare(open_model_folder(tmp_path / "changed"), "fp32", Console("export", quiet=True))


@pytest.mark.slow
def test_the_agreement_of_a_lower_precision_is_its_psnr(half_graph_model):
    differences = exporting._compare(half_graph_model, "fp16", Console("export", quiet=True))
    assert differences["psnr"] > 40


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "nothing to export"),
        (("runs/image",), "-o is missing"),
        (("street", "--precision", "fp16"), "--precision fp16: is of ONNX graphs"),
        (("runs/image", "-o", "out", "--precision", "bf16"), "bf16"),
    ],
)
def test_wrong_usage(seg2vid, arguments, message):
    result = seg2vid("export", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_model_is_exported_to_a_folder_of_its_name(seg2vid):
    result = seg2vid("export", "street", "--quiet")
    assert (result.exit_code, result.stdout) == (0, "street\n")
    assert set(open_model_folder(Path("street")).card.stages) == {"image", "motion", "labels"}
    again = seg2vid("export", "street")
    assert again.exit_code == 1
    assert "-o street: exists already" in again.stderr
