import numpy as np
import pytest

from seg2vid_interface.resampling import nearest, resized


def test_nearest_takes_the_pixels_under_the_new_ones():
    picture = np.arange(12).reshape(3, 4)
    np.testing.assert_array_equal(nearest(picture, (3, 2)), picture[:, [1, 3]])
    np.testing.assert_array_equal(nearest(picture, (6, 8)), picture.repeat(2, 0).repeat(2, 1))
    assert nearest(picture, (3, 4)) is picture


def test_a_slope_is_enlarged_to_a_slope_and_a_flat_picture_stays_flat():
    flat = np.full((2, 4, 4), 0.3, np.float32)
    np.testing.assert_allclose(resized(flat, (9, 8)), 0.3, rtol=1e-6)
    slope = np.tile(np.arange(8, dtype=np.float32), (4, 1))
    larger = resized(slope, (4, 16))
    np.testing.assert_allclose(larger[:, 5:11], np.tile(np.arange(2.25, 5, 0.5), (4, 1)), atol=0.1)


def test_it_is_the_kernel_that_training_enlarges_hints_by():
    torch = pytest.importorskip("torch")
    picture = np.random.default_rng(0).random((1, 3, 6, 10), np.float32)
    theirs = torch.nn.functional.interpolate(
        torch.from_numpy(picture), size=(12, 25), mode="bicubic", align_corners=False
    )
    np.testing.assert_allclose(resized(picture, (12, 25)), theirs.numpy(), atol=1e-5)
