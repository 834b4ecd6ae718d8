"""Flow files of the benchmarks, read back by their specifications."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from flow_reading import read_flow, read_png_of_16_bits
from seg2vid_cli.outputs.flow_files import OnwardFlow, write_flo, write_kitti_flow

HEIGHT, WIDTH = 20, 36


def onward() -> OnwardFlow:
    """Return flow of many lengths and signs, in KITTI's steps; not all of it is valid."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    flow = np.stack([(x - 17) * 29.640625, (y - 9) * -51.015625 + x / 64], -1).astype(np.float32)
    return OnwardFlow(flow, (x + y) % 5 > 0)


@pytest.mark.parametrize(("name", "write"), [("a.flo", write_flo), ("a.png", write_kitti_flow)])
def test_what_is_written_is_read_back(tmp_path: Path, name: str, write: Callable[[Path, OnwardFlow], None]) -> None:
    write(tmp_path / name, onward())
    flow, valid = read_flow(tmp_path / name)
    in_range = (onward().flow >= -512).all(-1) & (onward().flow < 512).all(-1)
    assert 0 < in_range.sum() < in_range.size
    np.testing.assert_array_equal(valid, onward().valid & in_range if name == "a.png" else onward().valid)
    np.testing.assert_array_equal(flow[valid], onward().flow[valid])


def test_the_bytes_of_flo(tmp_path: Path) -> None:
    write_flo(tmp_path / "a.flo", OnwardFlow(np.array([[[1, -2], [3, 4]]], np.float32), np.array([[True, False]])))
    expected = np.array([202021.25], "<f4").tobytes() + b"\2\0\0\0\1\0\0\0"
    assert (tmp_path / "a.flo").read_bytes() == expected + np.array([1, -2, 1e10, 1e10], "<f4").tobytes()


def test_the_channels_of_kitti(tmp_path: Path) -> None:
    flow = np.array([[[2, 1], [-0.5, -512], [9, 9], [512, 0]]], np.float32)
    write_kitti_flow(tmp_path / "a.png", OnwardFlow(flow, np.array([[True, True, False, True]])))
    expected = [[[32896, 32832, 1], [32736, 0, 1], [0, 0, 0], [0, 0, 0]]]
    assert read_png_of_16_bits(tmp_path / "a.png").tolist() == expected
    with Image.open(tmp_path / "a.png") as picture:  # which keeps the upper bytes
        assert (picture.format, picture.size) == ("PNG", (4, 1))


def test_the_same_flow_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        write_kitti_flow(tmp_path / name, onward())
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
