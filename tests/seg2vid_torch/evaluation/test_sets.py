"""Distances of sets, against what can be computed by hand."""

import numpy as np
import pytest
import torch
from PIL import Image

from drawn_windows import panned, window, write_means
from seg2vid_torch.evaluation.feature_files import open_features
from seg2vid_torch.evaluation.predictors import TRUTH
from seg2vid_torch.evaluation.sets import SetDistances, clip_input, frechet, kernel, picture_input
from seg2vid_torch.evaluation.truth import Window

CPU = torch.device("cpu")


def spread(mean: float, deviation: float) -> torch.Tensor:
    """Return samples (4, 2) whose mean is `mean` on both axes, with the covariance deviation^2 I."""
    corners = torch.tensor([[1.0, 1], [1, -1], [-1, 1], [-1, -1]])
    return mean + deviation * (3 / 4) ** 0.5 * corners  # 3 = n - 1


def test_the_frechet_distance_of_two_normal_distributions():
    # |m - n|^2 + tr(A + B - 2 sqrt(A B)) = 2 * 2^2 + 2 * (3 - 1)^2
    assert frechet(spread(0, 1), spread(2, 3)) == pytest.approx(16, abs=1e-4)
    assert frechet(spread(0, 1), spread(0, 1)) == pytest.approx(0, abs=1e-4)


def test_the_kernel_distance_is_the_unbiased_one():
    true, made = torch.tensor([[1.0, 0], [0, 1], [1, 1]]), torch.tensor([[2.0, 0], [0, 2], [2, 1]])

    def k(x: torch.Tensor, y: torch.Tensor) -> float:
        return float((x @ y / 2 + 1) ** 3)

    pairs = [(i, j) for i in range(3) for j in range(3)]
    within = sum(k(true[i], true[j]) + k(made[i], made[j]) for i, j in pairs if i != j) / 6
    between = 2 * sum(k(true[i], made[j]) for i, j in pairs) / 9
    assert kernel(true, made) == pytest.approx(1000 * (within - between), rel=1e-5)


def test_many_samples_are_compared_in_subsets_the_same_every_time(monkeypatch):
    monkeypatch.setattr("seg2vid_torch.evaluation.sets.SUBSET", 8)
    generator = torch.Generator().manual_seed(0)
    true, made = (torch.randn(20, 3, generator=generator) + shift for shift in (0, 1))
    state = torch.random.get_rng_state()
    assert kernel(true, made) == kernel(true, made) > 100
    assert torch.equal(torch.random.get_rng_state(), state), "whoever calls it keeps his random numbers"


def test_pictures_are_resized_as_pillow_does_whatever_their_size():
    stripes = np.zeros((3, 400, 900), np.uint8)
    stripes[..., ::2] = 255  # finer than what 299 columns show: skipping pixels would see a pattern of its own
    seen = picture_input(stripes)
    picture = Image.fromarray(stripes.transpose(1, 2, 0)).resize((299, 299), Image.Resampling.BICUBIC)
    expected = torch.from_numpy(np.array(picture)).permute(2, 0, 1).float() / 127.5 - 1
    assert (seen - expected).abs().max() < 2 / 127.5
    assert seen.std() < 0.1, "grey"
    skipping = torch.nn.functional.interpolate(
        torch.from_numpy(stripes)[None].float(), size=(299, 299), mode="bilinear"
    )
    assert (skipping / 127.5).std() > 0.3
    assert clip_input(np.zeros((12, 3, 8, 8), np.uint8)).shape == (3, 12, 224, 224)


@pytest.fixture
def distances(tmp_path):
    networks = {
        "inception": open_features("inception", write_means(tmp_path / "pictures.onnx", 4), CPU),
        "i3d": open_features("i3d", write_means(tmp_path / "clips.onnx", 5), CPU),
    }
    return SetDistances(networks, ("fid", "kid", "fvd"))


def test_frames_and_clips_are_compared_in_a_networks_features(distances):
    clip = panned(20)
    for start in range(4):
        at = Window(clip, start, 12)
        distances.add(TRUTH, at, at.truth, 12)
        distances.add("same", at, at.truth, 12)
        distances.add("brighter", at, np.minimum(at.truth, 205) + 50, 12)
    same, brighter = distances.of("same"), distances.of("brighter")
    assert same["fid"] == pytest.approx(0, abs=1e-5)
    assert same["fvd"] == pytest.approx(0, abs=1e-5)
    assert brighter["fid"] == pytest.approx(3 * (50 / 127.5) ** 2, rel=0.1), "three channels brighter by 50"
    assert 0 < brighter["fvd"] < brighter["fid"] * 1.1, "the first frame is the true one"
    assert distances.of(TRUTH) == {}


def test_what_is_there_twice_counts_once(distances):
    at = window(12)
    for _ in range(3):
        distances.add("copy", at, np.repeat(at.first[None], 11, 0), 11)
    assert distances.samples("copy", "inception") == (1, 33)
    assert distances.samples("copy", "i3d") == (1, 3)
    assert distances.of("copy") == {"fid": None, "kid": None, "fvd": None}, "one sample has no covariance"


@pytest.mark.parametrize(("frames", "clips"), [(9, 0), (10, 1)])
def test_clips_of_fewer_than_ten_frames_are_nothing_to_i3d(distances, frames, clips):
    at = window(frames)
    distances.add(TRUTH, at, at.truth, frames - 1)
    assert distances.samples(TRUTH, "i3d") == (clips, clips)


def test_only_whole_clips_are_compared(distances):
    at = window(14, steps=11)
    distances.add(TRUTH, at, at.truth, 13)
    assert distances.samples(TRUTH, "i3d") == (0, 0)
