"""The image stage's losses."""

import math

import pytest
import torch

from seg2vid_torch.losses.image import class_weights, generated_loss, pooled_l1, segmentation_loss


def test_every_class_present_has_the_same_say():
    labels = torch.tensor([[[0, 0, 0, 1]]])
    weights = class_weights(labels, 3, limit=100)
    assert weights[:2].tolist() == pytest.approx([4 / (2 * 3), 4 / (2 * 1)])
    assert weights[labels].sum().item() == pytest.approx(labels.numel())
    assert class_weights(labels, 3, limit=1.5)[1].item() == 1.5


def test_cross_entropies_of_even_scores():
    scores, labels = torch.zeros(1, 4, 2, 2), torch.zeros(1, 2, 2, dtype=torch.long)
    assert segmentation_loss(scores, labels, torch.full((3,), 2.0)).item() == pytest.approx(2 * math.log(4))
    assert generated_loss(scores).item() == pytest.approx(math.log(4))


def test_the_last_class_is_generated():
    scores = torch.zeros(1, 4, 2, 2)
    scores[:, -1] = 50
    assert generated_loss(scores).item() == pytest.approx(0)


def test_pooled_l1_of_a_constant_offset_and_of_fine_texture():
    flat = torch.zeros(1, 3, 8, 8)
    assert pooled_l1(flat + 0.1, flat).item() == pytest.approx(0.15)
    checkers = torch.ones(1, 3, 8, 8)
    checkers[..., ::2, ::2] = checkers[..., 1::2, 1::2] = -1
    assert pooled_l1(checkers, flat).item() == pytest.approx(0.5)  # pooling does not see it
