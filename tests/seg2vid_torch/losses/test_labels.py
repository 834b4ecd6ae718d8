"""The loss of the labels stage, against sums done by hand."""

import pytest
import torch

from seg2vid_torch.losses.labels import PART, balanced_weights, class_counts, labels_loss


def test_pixels_are_counted_in_parts():
    labels = torch.zeros(PART + 3, 2, 2, dtype=torch.uint8)
    labels[-1] = 2
    assert class_counts(labels, 4).tolist() == [4 * (PART + 2), 0, 4, 0]


def test_without_balance_all_pixels_count_the_same():
    weights = balanced_weights(torch.tensor([90, 10]), 0.0, 10.0)
    torch.testing.assert_close(weights, torch.ones(2))


@pytest.mark.parametrize(("balance", "ratio"), [(1.0, 9.0), (0.5, 3.0)])
def test_a_rare_class_counts_for_more(balance, ratio):
    counts = torch.tensor([90, 10])
    weights = balanced_weights(counts, balance, 100.0)
    assert (weights[1] / weights[0]).item() == pytest.approx(ratio)
    assert (weights * counts).sum().item() == pytest.approx(100)  # a mean of 1


def test_the_weight_of_what_is_hardly_there_is_bounded():
    weights = balanced_weights(torch.tensor([1000, 1, 0]), 1.0, 5.0)
    assert weights[1:].tolist() == [5.0, 5.0]
    assert weights[0].item() < 1


def test_the_loss_is_a_mean_over_weights():
    scores = torch.zeros(1, 2, 1, 2)
    scores[0, 1, 0, 1] = 3.0
    labels = torch.tensor([[[0, 1]]])
    right, even = torch.log1p(torch.tensor(-3.0).exp()), torch.tensor(2.0).log()
    expected = (1.0 * even + 4.0 * right) / 5
    torch.testing.assert_close(labels_loss(scores, labels, torch.tensor([1.0, 4.0])), expected)
