"""The critics' losses."""

import pytest
import torch

from seg2vid_torch.losses.critics import critics_loss, hinge_loss


def scores(*rows):
    return [torch.tensor(row).view(1, 1, 1, -1) for row in rows]


def test_the_generator_wants_high_scores_every_critic_having_the_same_say():
    assert critics_loss(scores([1.0, 3.0, -1.0], [5.0])).item() == pytest.approx(-(1 + 5) / 2)


def test_critics_want_a_margin_and_no_more():
    real, generated = scores([2.0, 0.5], [-1.0]), scores([-3.0, 0.0], [1.0])
    assert hinge_loss(real, generated).item() == pytest.approx(((0 + 0.5) / 2 + 2) / 2 + ((0 + 1) / 2 + 2) / 2)
