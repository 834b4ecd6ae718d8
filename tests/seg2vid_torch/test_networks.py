"""Shapes, ranges and dependence of the networks on their inputs."""

import pytest
import torch

from seg2vid_torch.networks.img2vid import Img2Vid
from seg2vid_torch.networks.segmentation_discriminator import SegmentationDiscriminator
from seg2vid_torch.networks.spade_generator import SpadeGenerator
from seg2vid_torch.networks.warp import to_grid_units, to_pixels, warp
from seg2vid_torch.rollout import predict_chunk


@pytest.fixture(scope="module")
def network() -> Img2Vid:
    torch.manual_seed(0)
    return Img2Vid(range(11), range(11, 20), frames=4, width=0.125, refinement_width=0.0625).eval()


def one_hot_labels(height: int, width: int) -> torch.Tensor:
    labels = torch.arange(height * width).view(1, height, width) // 97 % 20
    return torch.nn.functional.one_hot(labels, 20).movedim(-1, 1).float()


def test_the_generator_makes_pictures_that_depend_on_labels_and_noise():
    torch.manual_seed(0)
    generator = SpadeGenerator(20, 4, (8, 8, 8), 4).eval()
    labels, noise = one_hot_labels(64, 96), torch.randn(1, 4)
    frame = generator(labels, noise)
    assert frame.shape == (1, 3, 64, 96)
    assert frame.min() >= 0
    assert frame.max() <= 1
    assert not torch.allclose(frame, generator(labels, noise + 1))
    assert not torch.allclose(frame, generator(labels.roll(5, 1), noise))


def test_the_discriminator_scores_every_pixel_for_every_class_and_generated():
    assert SegmentationDiscriminator(20, (4, 8, 8))(torch.rand(2, 3, 32, 64)).shape == (2, 21, 32, 64)


def test_the_papers_size_has_the_papers_parameters():
    network = Img2Vid(range(11), range(11, 20), frames=4)
    total = sum(parameter.numel() for parameter in network.parameters())
    refinement = sum(parameter.numel() for parameter in network.refinement.parameters())
    assert round(total / 1e6) == 59
    assert round(refinement / 1e6, 1) == 51.7
    assert network.latent_size(128, 256) == 8 * 1024


def test_the_posterior_has_the_latents_size(network):
    frames = torch.rand(2, 5, 3, 128, 256)
    labels = one_hot_labels(128, 256).expand(2, -1, -1, -1)
    posterior = network.encode(frames[:, 0], frames[:, 1:], labels)
    assert posterior.mean.shape == posterior.log_variance.shape == (2 * 8, 128)
    assert posterior.mean.numel() == 2 * network.latent_size(128, 256)


def test_foreground_classes_do_not_reach_the_backgrounds_encoder(network):
    frames, labels = torch.rand(1, 5, 3, 128, 128), one_hot_labels(128, 128)
    changed = labels.clone()
    changed[:, 11:] = labels[:, 11:].roll(3, 1)
    before = network.encode(frames[:, 0], frames[:, 1:], labels).mean
    after = network.encode(frames[:, 0], frames[:, 1:], changed).mean
    half = before.shape[1] // 2
    assert torch.equal(before[:, :half], after[:, :half])
    assert not torch.allclose(before[:, half:], after[:, half:])


@pytest.mark.parametrize("size", [(128, 256), (160, 256)])
def test_a_chunk_has_frames_labels_and_motion(network, size):
    labels = one_hot_labels(*size)
    latent, frame = torch.randn(1, network.latent_size(*size)), torch.rand(1, 3, *size)
    chunk = predict_chunk(network, frame, labels, latent, torch.randn(1, 3, *size))
    assert chunk.frames.shape == (1, 4, 3, *size)
    assert chunk.last_labels.shape == (1, 20, *size)
    assert chunk.motion.forward_flow.shape == chunk.motion.backward_flow.shape == (1, 4, 2, *size)
    assert chunk.motion.forward_mask.shape == (1, 4, 1, *size)


def test_hidden_pixels_are_filled_with_noise_before_refinement(network):
    warped, hidden = torch.rand(1, 3, 128, 128), torch.zeros(1, 1, 128, 128)
    noise = torch.randn(1, 3, 128, 128)
    refined = network.refine(warped, hidden, noise)
    assert torch.equal(refined, network.refine(1 - warped, hidden, noise))
    assert not torch.allclose(refined, network.refine(warped, hidden, noise + 1))


def test_a_residual_refinement_begins_as_the_identity():
    network = Img2Vid(
        range(11), range(11, 20), frames=4, width=0.125, refinement_width=0.0625, residual_refinement=True
    ).eval()
    warped = torch.rand(1, 3, 128, 128)
    assert torch.equal(network.refine(warped, torch.ones(1, 1, 128, 128), torch.zeros(1, 3, 128, 128)), warped)


def test_warping_by_whole_pixels_is_a_shift():
    picture = torch.rand(1, 2, 9, 11)
    flow = to_grid_units(torch.tensor([3.0, -2.0]).view(1, 2, 1, 1).expand(1, 2, 9, 11))
    warped = warp(picture, flow)
    torch.testing.assert_close(warped[..., :-2, 3:], picture[..., 2:, :-3])  # p shows what stood at p - flow
    assert warped[..., -2:, :].abs().max() < 1e-5  # nothing lies outside
    border = warp(picture, flow, padding="border")
    torch.testing.assert_close(border[..., -1, 3:], picture[..., -1, :-3])


def test_grid_units_and_pixels_are_inverse():
    flow = torch.randn(2, 2, 8, 16)
    torch.testing.assert_close(to_pixels(to_grid_units(flow)), flow)
