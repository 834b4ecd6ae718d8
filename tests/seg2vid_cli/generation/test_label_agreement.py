"""What the share of agreeing pixels counts."""

import numpy as np
import pytest

from fake_backend import FakeBackend
from seg2vid_cli.generation.label_agreement import LabelAgreement
from seg2vid_interface.backend import OpenOptions
from seg2vid_interface.clips import Chunk
from seg2vid_interface.errors import BackendError
from seg2vid_interface.label_spaces import CITYSCAPES
from seg2vid_interface.model_card import open_model_folder

COLORS = np.array([label_class.color for label_class in CITYSCAPES.classes], np.uint8)
OTHER = 19


@pytest.fixture
def agreement(make_model):
    folder = open_model_folder(make_model("teller", segments=True))
    with FakeBackend().open(folder, OpenOptions()) as session:
        yield LabelAgreement(folder.card, session, "fake")


def chunk(start: int, shown: list[np.ndarray], meant: list[np.ndarray] | None) -> Chunk:
    return Chunk(start, COLORS[np.stack(shown)], labels=None if meant is None else np.stack(meant).astype(np.uint8))


def test_all_pixels_of_all_frames_count_alike_but_what_is_other(agreement):
    meant = np.zeros((32, 64), int)
    meant[:8] = 10
    meant[:4] = OTHER
    half, right = meant.copy(), meant.copy()
    half[16:] = 13  # 16 of 28 rows that count
    right[:4] = 5  # nothing is meant to be there
    assert agreement.share == 0
    agreement.see(chunk(0, [right], [meant]))
    assert agreement.share == 1
    agreement.see(chunk(1, [half, right, half], [meant] * 3))
    assert agreement.share == 1 - 2 * 16 / (4 * 28)
    other = np.full((32, 64), OTHER)
    agreement.see(chunk(4, [half], [other]))  # all has gone
    assert agreement.share == 1 - 2 * 16 / (4 * 28)
    other[:] = 0  # what is told to be "other" where something is meant is wrong
    agreement.see(chunk(5, [np.full((32, 64), OTHER)], [other]))
    assert agreement.share == (4 * 28 - 2 * 16) * 64 / (4 * 28 * 64 + 32 * 64)


def test_a_chunk_without_labels(agreement):
    with pytest.raises(BackendError, match="left out the labels of frame 3"):
        agreement.see(chunk(3, [np.zeros((32, 64), int)], None))
