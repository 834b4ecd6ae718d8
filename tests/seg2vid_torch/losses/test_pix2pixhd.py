"""pix2pixHD's losses, against values worked out by hand."""

import pytest
import torch

from seg2vid_torch.losses.pix2pixhd import adversarial_loss, feature_matching_loss


def features(*values: float) -> list[list[torch.Tensor]]:
    """Return two scales of two layers and scores, the second of half the size; all of one layer's numbers are equal."""
    sizes = [(1, 8, 8, 4), (1, 4, 4, 4), (1, 1, 5, 5)]
    return [
        [torch.full((n, c, h // scale, w // scale), value) for (n, c, h, w), value in zip(sizes, part, strict=True)]
        for scale, part in ((1, values[:3]), (2, values[3:]))
    ]


def test_least_squares_against_one_for_real_pictures_and_zero_for_others():
    scores = features(9, 9, 0.25, 9, 9, -1.0)
    assert adversarial_loss(scores, real=True).item() == pytest.approx(0.75**2 + 2.0**2)
    assert adversarial_loss(scores, real=False).item() == pytest.approx(0.25**2 + 1.0**2)


def test_the_scores_are_averaged_over_the_patches_of_a_scale():
    scores = [[torch.tensor([[[[1.0, 0.0], [0.0, 3.0]]]])]]
    assert adversarial_loss(scores, real=True).item() == pytest.approx((0 + 1 + 1 + 4) / 4)


def test_feature_matching_sums_layers_and_scales_but_not_the_scores():
    ours, theirs = features(1, 2, 50, 3, 4, 50), features(1.5, 1, 0, 3, 2, 0)
    assert feature_matching_loss(ours, theirs).item() == pytest.approx(0.5 + 1 + 0 + 2)


def test_feature_matching_leaves_the_true_features_alone():
    ours = [[torch.zeros(1, 1, 2, 2, requires_grad=True), torch.zeros(1)]]
    theirs = [[torch.ones(1, 1, 2, 2, requires_grad=True), torch.zeros(1)]]
    feature_matching_loss(ours, theirs).backward()
    assert ours[0][0].grad.flatten().tolist() == [-0.25] * 4
    assert theirs[0][0].grad is None
