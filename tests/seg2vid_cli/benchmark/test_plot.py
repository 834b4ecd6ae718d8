"""The picture of a benchmark; needs matplotlib."""

import sys
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from benchmark_results import make_result
from seg2vid_cli.benchmark.plot import check_plotting, plot_speeds
from seg2vid_interface.errors import OutputError

RESULTS = [
    make_result(backend="onnx", frames_per_s=20, end_to_end_frames_per_s=10),
    make_result(backend="torch", frames_per_s=10, end_to_end_frames_per_s=5),
]


def test_a_png_is_a_picture_with_two_colours_of_bars(tmp_path):
    pytest.importorskip("matplotlib")
    path = tmp_path / "speeds.png"
    plot_speeds(RESULTS, path)
    colors = {tuple(color) for color in np.array(Image.open(path).convert("RGB")).reshape(-1, 3)[::7].tolist()}
    assert {(31, 119, 180), (255, 127, 14)} <= colors


def test_an_svg_names_the_rows(tmp_path):
    pytest.importorskip("matplotlib")
    path = tmp_path / "speeds.svg"
    plot_speeds(RESULTS, path)
    text = path.read_text()
    assert ElementTree.fromstring(text).tag.endswith("svg")
    assert all(f"<!-- street 128x256 {name} cpu fp32 -->" in text for name in ("onnx", "torch"))


def test_without_matplotlib_the_error_names_the_pip_line(monkeypatch):
    monkeypatch.setattr("sys.path", [])
    monkeypatch.delitem(sys.modules, "matplotlib", raising=False)
    with pytest.raises(OutputError) as caught:
        check_plotting()
    assert (caught.value.message, caught.value.hint) == (
        "--plot: matplotlib is not installed",
        "Install it: pip install 'seg2vid[plot]'",
    )
