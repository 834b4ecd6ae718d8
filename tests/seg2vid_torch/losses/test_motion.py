"""The motion stage's losses, against values worked out by hand."""

import math

import pytest
import torch

from seg2vid_torch.losses import motion as motion_losses
from seg2vid_torch.networks.img2vid.img2vid import Motion


def constant_motion(forward: float, backward: float, mask: float = 1.0) -> Motion:
    flow = torch.zeros(1, 2, 2, 8, 8)
    flow[:, :, 0] = 1
    masks = torch.full((1, 2, 1, 8, 8), mask)
    there, back = forward * flow, backward * flow
    return Motion(there, back, masks, masks, unmasked_forward_flow=there, unmasked_backward_flow=back)


def test_masked_l1_is_a_mean_over_all_elements():
    mask = torch.tensor([1.0, 0.0]).view(1, 1, 1, 2)
    assert motion_losses.masked_l1(torch.ones(1, 1, 1, 2), torch.zeros(1, 1, 1, 2), mask).item() == 0.5


def test_similarity_is_nothing_for_equal_pictures_and_grows_with_the_difference():
    picture = torch.rand(1, 3, 8, 8)
    assert motion_losses.similarity(picture, picture).item() == pytest.approx(0, abs=1e-6)
    near = motion_losses.similarity(picture, picture + 0.01)
    assert 0 < near < motion_losses.similarity(picture, picture + 0.2)


def test_ssim_of_two_constant_pictures():
    a, b = torch.full((1, 1, 5, 5), 0.2), torch.full((1, 1, 5, 5), 0.6)
    expected = (2 * 0.2 * 0.6 + 1e-4) / (0.2**2 + 0.6**2 + 1e-4)
    assert motion_losses.structural_similarity(a, b).mean().item() == pytest.approx(expected, rel=1e-4)


def test_blur_and_ringing_cost_the_same_gradient():
    truth = torch.zeros(1, 1, 3, 4)
    truth[..., 2:] = 1
    assert motion_losses.image_gradient(truth, truth).item() == 0
    assert motion_losses.image_gradient(1 - truth, truth).item() == 0  # only the size of the gradient counts
    flat = torch.full_like(truth, 0.5)
    assert motion_losses.image_gradient(flat, truth).item() == pytest.approx(1 / 3)
    assert motion_losses.image_gradient(truth * 2, truth).item() == pytest.approx(1 / 3)


def test_the_gradient_difference_is_a_sum_over_the_number_of_values():
    truth = torch.zeros(1, 2, 3, 4)
    truth[..., 2:] = 1
    # A step of one in all three rows and both channels: six differences among 24 values.
    assert motion_losses.gradient_difference(torch.zeros_like(truth), truth).item() == pytest.approx(6 / 24)
    assert motion_losses.gradient_difference(1 - truth, truth).item() == 0


def test_the_flow_gradient_counts_for_less_at_an_edge_of_the_picture():
    flow, flat, edge = torch.zeros(1, 2, 3, 4), torch.zeros(1, 3, 3, 4), torch.zeros(1, 3, 3, 4)
    flow[..., 2:] = 0.5
    edge[..., 2:] = 1 / motion_losses.IMAGE_SCALE
    expected = 0.5 * motion_losses.FLOW_SCALE / 3  # one of three neighbours differs
    assert motion_losses.flow_gradient(flow, flat).item() == pytest.approx(expected)
    assert motion_losses.flow_gradient(flow, edge).item() == pytest.approx(expected * math.exp(-1))


def test_the_first_flows_smoothness_is_that_of_both_ways_before_any_mask():
    torch.manual_seed(0)
    flows, masks = torch.randn(2, 1, 3, 2, 12, 12), torch.rand(2, 1, 3, 1, 12, 12)
    motion = Motion(*(flows * masks), *masks, *flows)
    frame, first = 0.01 * torch.rand(1, 3, 12, 12), 0.01 * torch.rand(1, 3, 12, 12)
    forward = motion_losses.flow_smoothness(flows[0][:, 0], first)
    backward = motion_losses.flow_smoothness(flows[1][:, 0], frame)
    expected = pytest.approx((forward + backward).item())
    found = motion_losses.of_first_flow(motion_losses.flow_smoothness, motion, frame, first)
    assert found.item() == expected


def test_a_step_in_the_flow_costs_less_where_the_picture_has_an_edge():
    flow = torch.zeros(1, 2, 12, 12)
    flow[..., 6:] = 0.01
    flat, edge = torch.zeros(1, 3, 12, 12), torch.zeros(1, 3, 12, 12)
    edge[..., 6:] = 1
    assert motion_losses.flow_smoothness(flow, edge) < 1e-3 * motion_losses.flow_smoothness(flow, flat)
    assert motion_losses.flow_smoothness(torch.ones(1, 2, 12, 12), flat) == 0


def test_smoothness_of_one_odd_pixel_by_hand():
    flow = torch.zeros(1, 2, 11, 11)
    flow[0, 0, 5, 5] = 1 / motion_losses.FLOW_SCALE
    weights = [math.exp(-(dy * dy + dx * dx)) for dy in (-2, -1, 1, 2) for dx in (-2, -1, 1, 2)]
    # Every pair is met twice: from the odd pixel and from its partner.
    expected = 2 * sum(weights) / 121
    assert motion_losses.flow_smoothness(flow, torch.zeros(1, 3, 11, 11)).item() == pytest.approx(expected, rel=1e-5)


def test_consistency_vanishes_when_back_undoes_there():
    assert motion_losses.flow_consistency(constant_motion(0.0, 0.0)).item() == 0
    undone = motion_losses.flow_consistency(constant_motion(0.1, -0.1))
    assert undone < 0.1 * motion_losses.flow_consistency(constant_motion(0.1, 0.1))


def test_visibility_counts_what_is_hidden_in_both_masks():
    assert motion_losses.visibility(constant_motion(0, 0, mask=0.75)).item() == pytest.approx(0.5)


def test_kl_divergence_per_clip():
    mean, log_variance = torch.full((2, 2, 3), 2.0), torch.full((2, 2, 3), math.log(4.0))
    per_number = 0.5 * (4.0 + 4.0 - 1 - math.log(4.0))
    assert motion_losses.kl_divergence(mean, log_variance).item() == pytest.approx(6 * per_number)
    assert motion_losses.kl_divergence(torch.zeros(1, 2, 3), torch.zeros(1, 2, 3)).item() == 0


def test_the_released_codes_kl_grows_with_the_batch():
    mean, log_variance = torch.full((3, 2, 3), 2.0), torch.zeros(3, 2, 3)
    assert motion_losses.kl_of_batch(mean, log_variance).item() == pytest.approx(3 * 6 * 0.5 * 4 / 1000)


def test_end_point_error_looks_at_visible_pixels_only():
    flow, truth = torch.zeros(1, 1, 2, 1, 2), torch.zeros(1, 1, 2, 1, 2)
    truth[0, 0, :, 0, 0] = torch.tensor([3.0, 4.0])
    truth[0, 0, :, 0, 1] = 1000.0
    visible = torch.tensor([True, False]).view(1, 1, 1, 1, 2)
    assert motion_losses.end_point_error(flow, truth, visible).item() == pytest.approx(5.0)


def test_mask_cross_entropy():
    mask = torch.full((1, 1, 1, 2, 2), 0.25)
    visible = torch.ones(1, 1, 1, 2, 2, dtype=torch.bool)
    assert motion_losses.mask_cross_entropy(mask, visible).item() == pytest.approx(-math.log(0.25))
