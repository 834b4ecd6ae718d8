"""The scene that models are tried on."""

import numpy as np
import pytest

from fake_backend import FakeSession
from seg2vid_interface.backend import OpenOptions
from seg2vid_interface.instance_edges import instance_edges
from seg2vid_interface.label_spaces import CITYSCAPES, CITYSCAPES_LABEL_IDS
from seg2vid_interface.model_card import ModelFolder, read_card
from seg2vid_interface.sample_scene import sample_label_map, sample_request

ROAD, SKY, CAR = 0, 10, 13
ROAD_ID, SKY_ID, CAR_ID = 7, 23, 26


@pytest.fixture
def request_of(make_model):
    """Return the function card's changes -> a request to the model of 32x64 with them."""
    folder = make_model()

    def make(**changes):
        card = read_card(folder).model_copy(update=changes)
        return sample_request(FakeSession(ModelFolder(folder, card), OpenOptions()), card, 1, frames=6)

    return make


def test_it_is_a_street():
    labels = sample_label_map(CITYSCAPES, 1, (32, 64))
    assert (labels.shape, labels.dtype) == ((32, 64), np.uint8)
    assert set(labels[0]) == {SKY}
    assert set(labels[-1]) == {ROAD}
    assert CAR in labels


def test_each_sample_stands_elsewhere_in_it():
    first, second = (sample_label_map(CITYSCAPES, sample, (32, 64)) for sample in (1, 2))
    np.testing.assert_array_equal(np.roll(first, 12, axis=1), second)
    assert (first != second).any()


def test_an_image_stage_of_its_own_sees_it_too(request_of):
    request = request_of(image_label_space=CITYSCAPES_LABEL_IDS, instance_edges=True, image_scale=2)
    assert request.image_label_map.shape == (64, 128)
    assert {ROAD_ID, CAR_ID, SKY_ID} <= set(np.unique(request.image_label_map).tolist())
    np.testing.assert_array_equal(request.edges, instance_edges(request.image_label_map))


def test_others_see_nothing_more(request_of):
    assert (request_of().image_label_map, request_of().edges) == (None, None)
