"""Shapes, ranges and dependence of the networks on their inputs."""

import pytest
import torch

from seg2vid_interface.label_spaces import CITYSCAPES
from seg2vid_torch.graphs.rollout import predict_chunk
from seg2vid_torch.networks.build import build_img2vid
from seg2vid_torch.networks.img2vid.img2vid import Img2Vid
from seg2vid_torch.networks.img2vid.warp import to_grid_units, to_pixels, warp
from seg2vid_torch.networks.layers import double_size
from seg2vid_torch.networks.pix2pixhd.global_generator import GlobalGenerator
from seg2vid_torch.networks.pix2pixhd.local_enhancer import LocalEnhancer
from seg2vid_torch.networks.pix2pixhd.multiscale_discriminator import MultiscaleDiscriminator
from seg2vid_torch.networks.spade.condition import OTHERS, condition_pyramid, painted_share
from seg2vid_torch.networks.spade.condition_convolution import ConditionConvolution
from seg2vid_torch.networks.spade.segmentation_discriminator import SegmentationDiscriminator
from seg2vid_torch.networks.spade.spade_generator import SpadeGenerator, SpatiallyAdaptiveNorm
from seg2vid_torch.networks.spade.style_encoder import StyleEncoder
from seg2vid_torch.settings.motion import MotionNetworkSettings


@pytest.fixture(scope="module")
def network() -> Img2Vid:
    torch.manual_seed(0)
    return Img2Vid(range(11), range(11, 20), frames=4, width=0.125, refinement_width=0.0625).eval()


def one_hot_labels(height: int, width: int) -> torch.Tensor:
    labels = torch.arange(height * width).view(1, height, width) // 97 % 20
    return torch.nn.functional.one_hot(labels, 20).movedim(-1, 1).float()


def painting(**changes) -> torch.Tensor:
    """Return what a tiny generator paints, always the same one, of inputs that are the same but for the changes."""
    torch.manual_seed(0)
    generator = SpadeGenerator(20, 4, (8, 8, 8), 4).eval()
    known = {"hint": torch.rand(1, 3, 64, 96), "trust": torch.zeros(1, 1, 64, 96)}
    inputs = {
        "labels": one_hot_labels(64, 96),
        "style": torch.randn(1, 4),
        "texture": torch.randn(1, 4, 64, 96),
        **known,
    }
    with torch.no_grad():
        return generator(**{name: changes[name](value) if name in changes else value for name, value in inputs.items()})


def test_the_generator_paints_by_labels_style_and_texture():
    picture = painting()
    assert picture.shape == (1, 3, 64, 96)
    assert picture.min() >= 0
    assert picture.max() <= 1
    others = {"labels": lambda x: x.roll(5, 1), "style": lambda x: x + 1, "texture": lambda x: x.flip(3)}
    for name, change in others.items():
        assert not torch.allclose(painting(**{name: change}), picture), name


def test_a_hint_counts_as_far_as_it_is_trusted():
    picture = painting()
    torch.testing.assert_close(painting(hint=lambda x: 1 - x), picture, rtol=0, atol=1e-6)  # unknown, whatever it is
    trust = torch.zeros(1, 1, 64, 96)
    trust[..., :32], trust[..., 32:64] = 1, 0.5
    hint = torch.rand(1, 3, 64, 96)
    hinted = painting(trust=lambda _: trust, hint=lambda _: hint)
    torch.testing.assert_close(hinted[..., :32], hint[..., :32], rtol=0, atol=1e-7)
    other = painting(trust=lambda _: trust, hint=lambda _: hint.flip(1))
    assert not torch.allclose(hinted[..., 36:60], other[..., 36:60])  # painted anew, but by what is known


def test_the_share_that_is_painted_falls_with_trust():
    share = painted_share(torch.tensor([0.0, 0.5, 0.65, 0.8, 1.0]))
    assert share.tolist() == pytest.approx([1, 1, 0.5, 0, 0], abs=1e-6)


def test_textures_stay_white_from_level_to_level():
    torch.manual_seed(0)
    labels, texture = torch.zeros(1, 2, 128, 256), torch.randn(1, 4, 128, 256)
    pyramid = condition_pyramid(labels, texture, torch.zeros(1, 3, 128, 256), torch.zeros(1, 1, 128, 256), levels=4)
    for level, condition in enumerate(pyramid):
        assert condition.shape == (1, 2 + OTHERS, 128 >> level, 256 >> level)
        assert condition[:, 4:8].std() == pytest.approx(1, abs=0.1)
    y, x = pyramid[0][0, 2], pyramid[0][0, 3]
    torch.testing.assert_close(y[:, 7], torch.linspace(-1, 1, 128))
    torch.testing.assert_close(x[7], torch.linspace(-1, 1, 256))


@pytest.mark.parametrize("size", [(2, 2), (2, 5), (7, 3), (16, 32)])
@pytest.mark.parametrize("style_size", [0, 3])
def test_a_style_is_seen_as_if_it_were_laid_out_as_planes(size, style_size):
    torch.manual_seed(0)
    convolution = ConditionConvolution(4, style_size, 5, 6)
    labels, style, others = torch.randn(2, 4, *size), torch.randn(2, style_size), torch.randn(2, 5, *size)
    laid_out = torch.cat([labels, style[:, :, None, None].expand(-1, -1, *size), others], 1)
    ordinary = torch.nn.functional.conv2d(laid_out, convolution.weight, convolution.bias, padding=1)
    torch.testing.assert_close(convolution(torch.cat([labels, others], 1), style), ordinary)


def test_a_norm_of_running_averages_is_what_its_formula_says():
    torch.manual_seed(0)
    norm = SpatiallyAdaptiveNorm(6, 4)
    for _ in range(3):
        norm(torch.randn(2, 6, 8, 8) * 3 + 2, torch.randn(2, 4, 8, 8))  # averages that are not 0 and 1
    norm.eval()
    features, hidden = torch.randn(2, 6, 8, 8), torch.randn(2, 4, 8, 8)
    told = norm.norm(features) * (1 + norm.scale(hidden)) + norm.shift(hidden)
    torch.testing.assert_close(norm(features, hidden), told)


def test_the_style_encoder_reads_a_picture_the_same_in_any_batch():
    torch.manual_seed(0)
    encoder = StyleEncoder(6, (8, 16), 40, 72).eval()
    pictures = torch.rand(3, 3, 40, 72)
    mean, log_variance = encoder(pictures)
    assert mean.shape == log_variance.shape == (3, 6)
    torch.testing.assert_close(encoder(pictures[1:2])[0], mean[1:2])
    assert encoder(pictures * 1000)[1].abs().max() <= 8


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


def test_a_mask_holds_the_flow_back_but_not_the_flow_before_it(network):
    motion = network.predict_motion(
        torch.rand(1, 3, 128, 128), one_hot_labels(128, 128), torch.randn(1, 4, network.row)
    )
    assert torch.equal(motion.forward_flow, motion.unmasked_forward_flow * motion.forward_mask)
    assert torch.equal(motion.backward_flow, motion.unmasked_backward_flow * motion.backward_mask)
    assert not torch.allclose(motion.forward_flow, motion.unmasked_forward_flow)


def small_img2vid(**settings: object) -> Img2Vid:
    torch.manual_seed(0)
    small = {"width": 0.125, "refinement_width": 0.0625, "chunk_frames": 4}
    return build_img2vid(MotionNetworkSettings.model_validate(small | settings), CITYSCAPES).eval()


def test_one_path_sees_all_classes():
    network = small_img2vid(paths=1)
    frames, labels = torch.rand(1, 5, 3, 128, 128), one_hot_labels(128, 128)
    posterior = network.encode(frames[:, 0], frames[:, 1:], labels)
    assert posterior.mean.shape == posterior.log_variance.shape == (4, 128)
    for part in (slice(0, 11), slice(11, 20)):
        changed = labels.clone()
        changed[:, part] = labels[:, part].roll(3, 1)
        assert not torch.allclose(network.encode(frames[:, 0], frames[:, 1:], changed).mean, posterior.mean)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_network_without_labels_goes_on_from_the_frame_alone(channels):
    network = small_img2vid(labels=False, paths=1, image_channels=channels, interpolation="nearest")
    frames, no_labels = torch.rand(2, 5, channels, 128, 256), torch.zeros(2, 0, 128, 256)
    latent = network.encode(frames[:, 0], frames[:, 1:], no_labels).mean
    chunk = predict_chunk(network, frames[:, 0], no_labels, latent, torch.randn(2, channels, 128, 256))
    assert chunk.frames.shape == (2, 4, channels, 128, 256)
    assert chunk.last_labels.shape == no_labels.shape
    second = predict_chunk(network, chunk.frames[:, -1], chunk.last_labels, latent, torch.zeros_like(frames[:, 0]))
    assert second.frames.shape == chunk.frames.shape


def test_a_network_without_labels_carries_labels_along_unseen():
    network = small_img2vid(labels=False, paths=1)
    frames, labels = torch.rand(1, 5, 3, 128, 128), one_hot_labels(128, 128)
    noise, none = torch.randn(1, 3, 128, 128), labels[:, :0]
    latent = network.encode(frames[:, 0], frames[:, 1:], labels).mean
    assert torch.equal(latent, network.encode(frames[:, 0], frames[:, 1:], none).mean)
    chunk = predict_chunk(network, frames[:, 0], labels, latent, noise)
    assert torch.equal(chunk.frames, predict_chunk(network, frames[:, 0], none, latent, noise).frames)
    assert torch.equal(chunk.last_labels, network.warp(labels, chunk.motion.forward_flow[:, -1:])[:, 0])


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"labels": False}, "paths = 2 needs labels"),
        ({"labels": False, "paths": 1, "camera_prior": True}, "camera_prior = true needs labels"),
        ({"paths": 3}, "Input should be 1 or 2"),
        ({"image_channels": 2}, "Input should be 1 or 3"),
    ],
)
def test_a_network_that_cannot_be_is_refused(settings, problem):
    with pytest.raises(ValueError, match=problem):
        small_img2vid(**settings)


def test_doubling_the_size_to_the_nearest_neighbour_repeats_every_pixel():
    pixels = torch.tensor([[[[1.0, 5.0]]]])
    assert double_size(pixels, "nearest").tolist() == [[[[1, 1, 5, 5]] * 2]]
    assert double_size(pixels).tolist() == [[[[1, 2, 4, 5]] * 2]]


@pytest.mark.parametrize("generator", [GlobalGenerator, LocalEnhancer])
def test_pix2pixhds_generators_paint_what_they_are_told(generator):
    torch.manual_seed(0)
    network = generator(5, width=4, downsamplings=2).eval()
    conditions = torch.rand(2, 5, 32, 64)
    pictures = network(conditions)
    assert pictures.shape == (2, 3, 32, 64)
    assert pictures.abs().max() <= 1
    assert not torch.allclose(pictures, network(conditions.roll(3, 3)), atol=1e-3)


def test_pix2pixhds_gradient_for_one_picture_is_right_in_any_layout():
    gradients = []
    for layout in (torch.contiguous_format, torch.channels_last):
        torch.manual_seed(0)
        generator = GlobalGenerator(4, width=4, downsamplings=1, blocks=1).to(memory_format=layout)
        conditions = torch.randn(1, 4, 16, 16).contiguous(memory_format=layout)
        (generator(conditions) * torch.randn(1, 3, 16, 16)).mean().backward()
        gradients.append(generator.features.entry[1].weight.grad)
    torch.testing.assert_close(*gradients)


def test_pix2pixhds_discriminator_looks_at_two_sizes():
    features = MultiscaleDiscriminator(7, width=4)(torch.rand(1, 7, 32, 64))
    assert [len(scale) for scale in features] == [5, 5]
    assert [layer.shape[1] for layer in features[0]] == [4, 8, 16, 32, 1]
    assert [scale[0].shape[2:] for scale in features] == [(17, 33), (9, 17)]
    assert [scale[-1].shape for scale in features] == [(1, 1, 7, 11), (1, 1, 5, 7)]


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
