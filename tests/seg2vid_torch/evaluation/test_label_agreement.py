"""What a segmenter sees in frames, against true label maps."""

import numpy as np
import pytest
import torch

from drawn_windows import write_means, write_segmenter
from seg2vid_interface.errors import ModelError
from seg2vid_interface.label_spaces import CITYSCAPES, LabelClass, LabelSpace
from seg2vid_torch.evaluation.label_agreement import LabelAgreement
from seg2vid_torch.evaluation.onnx_segmenter import OnnxSegmenter

CPU = torch.device("cpu")
TWO = LabelSpace("two", (LabelClass("dark", (0, 0, 0)), LabelClass("red", (255, 0, 0))))
WITH_OTHER = LabelSpace("three", (*TWO.classes, LabelClass("other", (9, 9, 9))), other=2)


class Reads:
    """A segmenter that sees the class that red tells."""

    description = "red"

    def segment(self, pictures: np.ndarray) -> np.ndarray:
        return pictures[..., 0]


def frames_of(labels: np.ndarray) -> np.ndarray:
    return np.stack([labels] * 3, 1).astype(np.uint8)


def test_classes_count_alike_over_all_starts():
    agreement = LabelAgreement(Reads(), 3, other=2)
    true = np.array([[[0, 0, 0, 0], [1, 1, 2, 2]]], np.uint8)
    agreement.add("row", frames_of(true), true)
    seen = np.array([[[0, 0, 0, 1], [1, 2, 0, 1]]], np.uint8)  # where void is true nothing counts
    agreement.add("row", frames_of(seen), true)
    dark, red = 7 / 8, 3 / 5  # true in both: 8 and 4 pixels; one is mistaken, one of red is seen as void
    assert agreement.of("row") == (pytest.approx((dark + red) / 2),)
    assert agreement.of("none") == ()


def test_without_a_void_class_unlabelled_pixels_count_nowhere():
    agreement = LabelAgreement(Reads(), 2, other=None)
    true = np.array([[[0, 1], [255, 255]]], np.uint8)
    agreement.add("row", frames_of(np.array([[[0, 1], [1, 7]]])), true)
    agreement.add("void", frames_of(true), np.full_like(true, 255))
    assert agreement.of("row") == (1.0,)
    assert agreement.of("void") == (None,)


@pytest.mark.parametrize("size", [("h", "w"), (16, 24)])
@pytest.mark.parametrize("space", [TWO, WITH_OTHER])
def test_a_users_network_segments_at_its_own_size(tmp_path, size, space):
    segmenter = OnnxSegmenter(write_segmenter(tmp_path / "red.onnx", size=size), space, CPU)
    where = "the size of the frames" if size == ("h", "w") else "16x24"
    assert segmenter.description.startswith("red.onnx (sha256 ")
    assert segmenter.description.endswith(f"), at {where}")
    pictures = np.zeros((2, 32, 48, 3), np.uint8)
    pictures[1, :, 24:, 0] = 255
    expected = (pictures[..., 0] > 0).astype(np.uint8)
    assert np.array_equal(segmenter.segment(pictures), expected)


def test_networks_that_do_not_fit_are_refused(tmp_path):
    path = write_segmenter(tmp_path / "five.onnx", classes=5)
    with pytest.raises(ModelError) as caught:
        OnnxSegmenter(path, CITYSCAPES, CPU).segment(np.zeros((1, 8, 8, 3), np.uint8))
    assert caught.value.message == f"{path}: tells 5 classes, and cityscapes has 19"
    with pytest.raises(ModelError, match=r"means\.onnx: no segmenter$"):
        OnnxSegmenter(write_means(tmp_path / "means.onnx", 4), CITYSCAPES, CPU)
