"""Means over what counts in a batch that several processes share."""

import torch

from seg2vid_torch.losses.image import class_weights
from seg2vid_torch.losses.labels import labels_loss
from seg2vid_torch.losses.motion import end_point_error
from seg2vid_torch.losses.shared_means import alone, weighed


def averages(values):
    """Return what gives the mean of these, in whatever process."""
    return lambda own: torch.stack([value.to(own.dtype) for value in values]).mean(0)


def test_their_mean_over_processes_is_that_over_all_that_counts():
    counted = torch.tensor(3), torch.tensor(0)
    parts = [weighed(mean, own, averages(counted)) for mean, own in zip(torch.tensor([2.0, 0.0]), counted, strict=True)]
    assert torch.stack(parts).mean() == 2
    mean = torch.tensor(5.0)
    assert weighed(mean, torch.tensor(0), alone) is mean


def test_a_share_without_any_weight_does_not_spoil_the_loss_of_labels():
    generator = torch.Generator().manual_seed(0)
    scores, labels = torch.randn(2, 3, 4, 4, generator=generator), torch.ones(2, 4, 4, dtype=torch.long)
    labels[1] = 0
    weights = torch.tensor([0.0, 1.0, 2.0])
    counted = [weights[part].sum() for part in labels]
    parts = [labels_loss(scores[i : i + 1], labels[i : i + 1], weights, averages(counted)) for i in range(2)]
    torch.testing.assert_close(torch.stack(parts).mean(), labels_loss(scores, labels, weights))


def test_flow_counts_where_it_is_visible_in_any_share():
    generator = torch.Generator().manual_seed(0)
    flow, truth = (torch.randn(2, 1, 2, 4, 4, generator=generator) for _ in range(2))
    visible = torch.rand(2, 1, 1, 4, 4, generator=generator) < torch.tensor([0.2, 0.9]).view(2, 1, 1, 1, 1)
    average = averages([part.sum() for part in visible])
    parts = [end_point_error(flow[i : i + 1], truth[i : i + 1], visible[i : i + 1], average) for i in range(2)]
    torch.testing.assert_close(torch.stack(parts).mean(), end_point_error(flow, truth, visible))


def test_classes_weigh_by_their_share_of_all_pixels():
    labels = torch.tensor([[[0, 0, 0, 1]], [[2, 0, 0, 0]]])
    counts = [part.flatten().bincount(minlength=4).float() for part in labels]
    for part in labels:
        torch.testing.assert_close(
            class_weights(part[None], 4, 9.0, averages(counts))[:3], class_weights(labels, 4, 9.0)[:3]
        )
