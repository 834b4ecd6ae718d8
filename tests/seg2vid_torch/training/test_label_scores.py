"""Intersection over union, counted by hand."""

import pytest
import torch

from seg2vid_interface.label_spaces import LabelClass, LabelSpace
from seg2vid_torch.training.label_scores import class_scores, confusion, mean_score, pixel_score

SPACE = LabelSpace("three", tuple(LabelClass(name, (0, 0, 0)) for name in ("road", "sky", "car", "other")), other=3)


@pytest.fixture
def counts():
    truth = torch.tensor([0, 0, 0, 1, 1, 3, 3])
    told = torch.tensor([0, 0, 1, 1, 3, 0, 1])
    return confusion(truth, told, 4)


def test_pixels_are_counted_by_what_they_are_and_what_is_told(counts):
    assert counts.tolist() == [[2, 1, 0, 0], [0, 1, 0, 1], [0, 0, 0, 0], [1, 1, 0, 0]]


def test_what_is_unlabelled_does_not_count_and_to_say_so_is_wrong(counts):
    assert class_scores(counts, SPACE) == {"road": pytest.approx(2 / 3), "sky": pytest.approx(1 / 3)}
    assert mean_score(counts, SPACE) == pytest.approx(1 / 2)
    assert pixel_score(counts, SPACE) == pytest.approx(3 / 5)


def test_a_class_that_is_only_told_counts_as_wrong():
    counts = confusion(torch.tensor([0, 0]), torch.tensor([0, 2]), 4)
    assert class_scores(counts, SPACE) == {"road": pytest.approx(1 / 2), "car": 0.0}


def test_of_nothing_the_scores_are_zero():
    counts = confusion(torch.tensor([3]), torch.tensor([3]), 4)
    assert (class_scores(counts, SPACE), mean_score(counts, SPACE), pixel_score(counts, SPACE)) == ({}, 0.0, 0.0)


def test_in_a_space_without_other_every_pixel_counts():
    space = LabelSpace("two", SPACE.classes[:2])
    assert mean_score(confusion(torch.tensor([0, 1]), torch.tensor([0, 1]), 2), space) == 1.0
