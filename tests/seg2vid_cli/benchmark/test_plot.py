"""The picture of a benchmark; needs matplotlib."""

import sys

import numpy as np
import pytest
from PIL import Image

from benchmark_results import make_result
from seg2vid_cli.benchmark.plot import plot_speeds
from seg2vid_cli.files.result_files import check_plotting
from seg2vid_interface.errors import OutputError

RESULTS = [make_result(), make_result(backend="torch", frames_per_s=10, end_to_end_frames_per_s=5)]


def test_it_names_the_rows_and_has_bars_of_two_colours(tmp_path):
    pytest.importorskip("matplotlib")
    plot_speeds(RESULTS, tmp_path / "speeds.svg")
    text = (tmp_path / "speeds.svg").read_text()
    assert all(f"<!-- street 128x256 {name} cpu fp32 -->" in text for name in ("onnx", "torch"))
    plot_speeds(RESULTS, tmp_path / "speeds.png")
    pixels = np.array(Image.open(tmp_path / "speeds.png").convert("RGB")).reshape(-1, 3)
    assert {(31, 119, 180), (255, 127, 14)} <= {tuple(color) for color in pixels[::7].tolist()}


def test_without_matplotlib_the_error_names_the_pip_line(monkeypatch):
    monkeypatch.setattr("sys.path", [])
    monkeypatch.delitem(sys.modules, "matplotlib", raising=False)
    with pytest.raises(OutputError, match=r"^--plot: matplotlib is not installed$") as caught:
        check_plotting()
    assert caught.value.hint == "Install it: pip install 'seg2vid[plot]'"
