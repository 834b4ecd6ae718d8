"""Who says what frames show."""

from pathlib import Path

import numpy as np
import pytest

from seg2vid_cli.evaluation.judge import open_judge
from seg2vid_interface.errors import ModelError, UsageError
from seg2vid_interface.label_spaces import CITYSCAPES


def test_the_bundled_model_sees_pictures_of_any_size_that_it_takes():
    grey = np.full((2, 256, 512, 3), 90, np.uint8)
    grey[1, :128] = (150, 190, 230)
    with open_judge("street", "cpu", (256, 512)) as judge:
        labels = judge.segment(grey)
        start, end = (
            "the labels stage of street (sha256 ",
            "whose numbers do not compare with a DRN-D-105's), at 128x256",
        )
        assert judge.description.startswith(start)
        assert judge.description.endswith(end)
        assert judge.space == CITYSCAPES
    assert (labels.shape, labels.dtype) == ((2, 256, 512), np.uint8)
    sky = CITYSCAPES.index("sky")
    assert (labels[1, :64] == sky).mean() > (labels[0, :64] == sky).mean()
    assert labels.max() < CITYSCAPES.size


def test_a_file_is_for_the_evaluator(tmp_path):
    named = tmp_path / "network"
    named.touch()
    for path in (Path("there/none.onnx"), named):
        with open_judge(str(path), "cpu", (128, 256)) as judge:
            assert judge == path


@pytest.mark.usefixtures("fake_backends")
def test_a_model_that_tells_no_labels_is_refused(make_model):
    with pytest.raises(UsageError, match=r"^--segmenter tiny: it cannot tell the labels of a picture$"):
        open_judge(str(make_model()), "cpu", (32, 64)).__enter__()
    with pytest.raises(ModelError):
        open_judge("nobody", "cpu", (32, 64)).__enter__()
