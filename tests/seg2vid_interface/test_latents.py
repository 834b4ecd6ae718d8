import numpy as np
import pytest

from seg2vid_interface.latents import chunk_noise, image_style, image_texture, motion_latent


def test_numbers_are_pinned():
    """They are part of what a seed means: a change would make other videos of the same command."""
    assert motion_latent(7, 1, 3) == pytest.approx([1.2810, 2.4798, -0.7845], abs=1e-4)
    assert image_style(7, 1, 3) == pytest.approx([-0.7784, 0.6495, 2.0677], abs=1e-4)
    assert image_texture(7, 1, (1, 1, 3)).ravel() == pytest.approx([0.7907, -0.0028, 0.3328], abs=1e-4)
    assert chunk_noise(7, 2, (3, 1, 1))(5).ravel() == pytest.approx([1.1775, 0.9292, 0.3102], abs=1e-4)


def test_same_seed_and_sample_give_the_same_numbers():
    assert np.array_equal(motion_latent(1, 2, 8), motion_latent(1, 2, 8))
    assert np.array_equal(image_style(1, 2, 8), image_style(1, 2, 8))
    assert np.array_equal(chunk_noise(1, 2, (3, 4, 6))(3), chunk_noise(1, 2, (3, 4, 6))(3))


def test_every_stream_is_another():
    streams = [
        motion_latent(0, 1, 48),
        motion_latent(0, 2, 48),
        motion_latent(1, 1, 48),
        image_style(0, 1, 48),
        image_style(0, 2, 48),
        image_texture(0, 1, (3, 4, 4)).ravel(),
        image_texture(0, 2, (3, 4, 4)).ravel(),
        chunk_noise(0, 1, (3, 4, 4))(0).ravel(),
        chunk_noise(0, 1, (3, 4, 4))(1).ravel(),
        chunk_noise(0, 2, (3, 4, 4))(0).ravel(),
        chunk_noise(1, 1, (3, 4, 4))(0).ravel(),
    ]
    numbers = np.stack(streams)
    assert len(np.unique(numbers)) == numbers.size


def test_shapes_and_distribution():
    noise = chunk_noise(2**63 - 1, 5, (3, 64, 128))(9)
    assert noise.shape == (3, 64, 128)
    assert noise.dtype == np.float32
    assert abs(noise.mean()) < 0.02
    assert abs(noise.std() - 1) < 0.02
    assert image_style(0, 1, 0).shape == (0,)
    assert image_texture(0, 1, (0, 4, 4)).shape == (0, 4, 4)
