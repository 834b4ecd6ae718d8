import zlib
from pathlib import Path

import numpy as np
import pytest

from seg2vid_cli.outputs.visualize import (
    contact_sheet,
    depth_to_color,
    flow_to_color,
    instances_to_color,
    labels_to_color,
    occlusion_to_gray,
    sheet_indices,
)
from seg2vid_interface.label_spaces import CITYSCAPES

GOLDEN = Path(__file__).parents[4] / "shared" / "golden" / "golden.npz"


def test_labels_take_the_colours_of_their_classes() -> None:
    labels = np.array([[0, 13], [10, 19]], np.uint8)
    expected = [[(128, 64, 128), (0, 0, 142)], [(70, 130, 180), (0, 0, 0)]]
    np.testing.assert_array_equal(labels_to_color(labels, CITYSCAPES), np.array(expected, np.uint8))


def test_occlusion_is_white_where_visible() -> None:
    gray = occlusion_to_gray(np.array([[0, 0.5, 1]], np.float32))
    np.testing.assert_array_equal(gray, np.array([[(0, 0, 0), (128, 128, 128), (255, 255, 255)]], np.uint8))


def test_near_is_bright_and_the_sky_black() -> None:
    painted = depth_to_color(np.array([[0.5, 2, 20, 200, 900, np.inf]], np.float32))[0].tolist()
    assert painted[:2] == [[252, 255, 164]] * 2  # nearer than the scale
    assert painted[2] == [184, 60, 80]  # half of the way, as depth is told in ratios
    assert painted[3:] == [[0, 0, 0]] * 3
    lightness = depth_to_color(np.geomspace(2, 200, 50, dtype=np.float32)[None])[0] @ (0.3, 0.6, 0.1)
    assert (np.diff(lightness) < 0).all()


def test_each_instance_has_a_colour_of_its_own_in_all_frames() -> None:
    ids = np.array([[0, 26001, 26002], [24000, 1, 65535]], np.uint16)
    painted = instances_to_color(ids)
    assert painted.dtype == np.uint8
    assert painted[0, 0].tolist() == [0, 0, 0]
    colors = painted.reshape(-1, 3).astype(int)
    assert min(np.abs(a - b).max() for i, a in enumerate(colors) for b in colors[:i]) > 20
    np.testing.assert_array_equal(instances_to_color(ids[:, 1:]), painted[:, 1:])


def test_flow_is_painted_by_the_middlebury_wheel() -> None:
    flow = np.array([[(0, 0), (1, 0), (0.5, 0), (2, 0), (-1, 0)]], np.float32)
    # To the right is the wheel's first hue, red; to the left its 28th, 2/11 of the way from cyan to blue.
    expected = [(255, 255, 255), (255, 0, 0), (255, 127, 127), (191, 0, 0), (0, 209, 255)]
    np.testing.assert_array_equal(flow_to_color(flow)[0], np.array(expected, np.uint8))


def test_flow_colours_are_those_of_the_published_code() -> None:
    # Values of the colour coding in the code published with seg2vid, which does not normalise either.
    published = {
        (0.581865, 0.539023): (255, 139, 52),
        (0.433884, -0.238011): (255, 128, 240),
        (0.497157, -0.167425): (255, 121, 205),
        (1.076066, 0.129792): (191, 13, 0),
        (0.559604, -0.354779): (255, 86, 250),
        (0.091377, -0.013482): (255, 231, 240),
        (0.213751, 1.763376): (191, 158, 0),
        (-1.115674, 0.019441): (0, 159, 191),
        (-0.031870, -0.190206): (217, 205, 255),
        (-0.872960, -0.729557): (0, 52, 191),
        (-0.035705, 0.958462): (255, 235, 10),
        (-0.782540, 0.207213): (48, 255, 243),
    }
    painted = flow_to_color(np.array([list(published)], np.float32))
    np.testing.assert_array_equal(painted[0], np.array(list(published.values()), np.uint8))


@pytest.mark.skipif(not GOLDEN.exists(), reason="the published code's golden values are not here")
def test_a_whole_flow_picture_is_that_of_the_published_code() -> None:
    generator = np.random.Generator(np.random.Philox(zlib.crc32(b"seg2vid:colourflow")))
    flow = 3 * (0.2 * generator.standard_normal((32, 48, 2), dtype=np.float32))
    np.testing.assert_array_equal(flow_to_color(flow), np.load(GOLDEN)["flow_colour"])


def test_the_contact_sheet_lays_pictures_out_in_rows_of_four() -> None:
    colors = [(10 * k, 5 * k, 200 - k) for k in range(6)]
    pictures = [(f"frame {k}", np.full((32, 64, 3), color, np.uint8)) for k, color in enumerate(colors)]
    sheet = contact_sheet(pictures)
    assert sheet.shape == (2 * (32 + 16 + 4) + 4, 4 * (64 + 4) + 4, 3)
    for k, (_, picture) in enumerate(pictures):
        row, column = divmod(k, 4)
        top, left = 4 + row * 52 + 16, 4 + column * 68
        np.testing.assert_array_equal(sheet[top : top + 32, left : left + 64], picture)
        assert (sheet[top - 16 : top, left : left + 64] < 128).any(), "no caption"


def test_a_sheet_shows_every_fourth_frame_and_never_more_than_eleven() -> None:
    assert sheet_indices(1) == (0,)
    assert sheet_indices(3) == (0, 1, 2)
    assert sheet_indices(24) == (0, 2, 5, 7, 9, 12, 14, 16, 18, 21, 23)
    assert sheet_indices(1000)[-1] == 999
    assert len(sheet_indices(1000)) == 11
