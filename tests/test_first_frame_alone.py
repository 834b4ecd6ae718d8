"""The whole program with a model without labels: it goes on from a picture."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seg2vid_interface.agreement import measure_agreement
from seg2vid_interface.backend import OpenOptions
from seg2vid_onnx.backend import OnnxBackend
from seg2vid_torch.backend import TorchBackend


@pytest.fixture
def colours(tmp_path: Path) -> Path:
    """A picture that has colours, of another size than the model's."""
    path = tmp_path / "person.png"
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    Image.fromarray(pixels).resize((200, 200), Image.Resampling.BICUBIC).save(path)
    return path


def frames_of(folder: Path) -> np.ndarray:
    return np.stack([np.asarray(Image.open(path)) for path in sorted(folder.glob("*.png"))]).astype(int)


def test_samples_with_all_that_can_be_saved(seg2vid, grey_graph_model, colours):
    saved = ("--save", "flow,occlusion,first-frame,frames")
    flags = ("--model", grey_graph_model.path, "--first-frame", colours, "--samples", 2, *saved)
    result = seg2vid("generate", *flags, "-o", "clips/", "--backend", "onnx", "--json")
    assert result.exit_code == 0, result.stderr
    clips = json.loads(result.stdout)["data"]["outputs"]
    assert [(clip["output"], clip["frames"]) for clip in clips] == [
        ("clips/person.mp4", 24),
        ("clips/person_2.mp4", 24),
    ]
    first, second = (frames_of(Path(f"clips/{stem}.frames")) for stem in ("person", "person_2"))
    assert first.shape == second.shape == (24, 128, 128, 3)
    assert np.ptp(first, axis=-1).max() == 0  # grey from the first frame on
    assert np.array_equal(first[0], second[0])
    assert not np.array_equal(first[1:], second[1:])
    assert len(list(Path("clips/person.flow").iterdir())) == len(list(Path("clips/person.occlusion").iterdir())) == 23


def test_a_sheet_begins_with_the_first_frame(seg2vid, grey_graph_model, colours):
    flags = ("--model", grey_graph_model.path, "--first-frame", colours, "--frames", 1, "--save", "first-frame")
    result = seg2vid("generate", *flags, "-o", "still.gif", "--sheet", "sheet.png", "--backend", "torch")
    assert result.exit_code == 0, result.stderr
    sheet, frame = (np.asarray(Image.open(path)) for path in ("sheet.png", "still.first-frame.png"))
    assert np.array_equal(sheet[20:148, 4:132], frame)  # below its caption


def test_what_it_cannot_do_is_said_before_it_is_opened(seg2vid, grey_graph_model, colours):
    model = ("--model", grey_graph_model.path)
    for flags, error in (
        (("--first-frame", colours, "--save", "labels"), "--save labels: this model knows no labels\n"),
        ((), "--first-frame is missing\n       The model grey has no image stage: it goes on from a picture.\n"),
        ((colours,), f"{colours}: the model grey takes no label map\n       Leave LABEL out.\n"),
    ):
        result = seg2vid("generate", *model, *flags, "-o", "out.mp4")
        assert result.exit_code == 2
        assert result.stderr.startswith(f"error: {error}")
    assert list(Path().iterdir()) == []


def test_the_export_s_comparison_suits_it(grey_graph_model):
    options = OpenOptions("cpu", "fp32")
    with (
        TorchBackend().open(grey_graph_model, options) as reference,
        OnnxBackend().open(grey_graph_model, options) as graphs,
    ):
        agreement = measure_agreement(reference, graphs, grey_graph_model.card, samples=1)
    assert agreement.problem() is None
    assert [d.output for d in agreement.differences] == ["frames", "forward_flow", "backward_flow", "occlusion"]


def test_its_card_is_shown(seg2vid, grey_graph_model):
    lines = seg2vid("models", "show", grey_graph_model.path).stdout.splitlines()
    assert "label space  none" in lines
    assert "size         128x128 (height x width), grey" in lines
