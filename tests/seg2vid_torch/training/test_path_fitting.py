"""Paths that are fitted to clips."""

import pytest
import torch

from driven_street import CAMERA, CLASSES, film, steps, street
from seg2vid_torch.geometry.path_numbers import knot_basis, knots_of, path_basis
from seg2vid_torch.geometry.street_scene import first_depth
from seg2vid_torch.training.path_fitting import FilmedScenes, find_path, fit_path

MOMENTS = (1, 2, 4, 8)
CPU = torch.device("cpu")


def scenes(path: torch.Tensor) -> FilmedScenes:
    labels = street()
    motion, level = torch.zeros(1, 256, 4), torch.zeros(1)
    told = first_depth(labels, torch.zeros_like(labels), motion, level, classes=CLASSES, camera=CAMERA)
    frames = film(path)[:, [0, *MOMENTS]]
    everywhere = torch.ones_like(labels, dtype=torch.bool)
    return FilmedScenes(frames, MOMENTS, told, torch.ones_like(told), everywhere, ~everywhere)


@pytest.mark.parametrize(
    ("forward", "turn", "nod", "guessed"),
    [(0.9, -0.006, 0.002, 0.1), (0.6, 0.006, -0.002, 0.4), (0.1, 0.0, 0.0005, 0.9)],
)
def test_a_path_is_found_from_the_pictures(forward, turn, nod, guessed):
    true = steps(8, forward=forward, turn=turn, nod=nod)
    found = knot_basis(MOMENTS, CPU).steps(find_path(scenes(true), CAMERA, steps(8, forward=guessed, turn=0, nod=0)))
    speeds, turns, nods = (found - true).abs().amax((0, 1))
    assert speeds < 0.02
    assert turns < 5e-5
    assert nods < 0.001


def test_only_free_numbers_are_fitted():
    basis, begin = knot_basis(MOMENTS, CPU), knots_of(steps(8, forward=0.4, turn=0.0), MOMENTS)
    fitted = fit_path(scenes(steps(8)), CAMERA, basis, begin, factors=(2,), rounds=(3,), free=[3, 7, 11])
    changed = (fitted != begin)[0].nonzero().flatten().tolist()
    assert changed == [3, 7, 11]


def test_a_step_that_makes_it_worse_is_not_taken():
    true = steps(8)
    basis = knot_basis(MOMENTS, CPU)
    best = knots_of(true, MOMENTS)
    fitted = fit_path(scenes(true), CAMERA, basis, best, factors=(1,), rounds=(3,))
    assert (basis.steps(fitted) - true)[..., 0].abs().max() < 0.02


def test_numbers_say_the_path_that_they_were_read_from():
    basis = knot_basis(MOMENTS, CPU)
    numbers = torch.randn(3, 13, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(knots_of(basis.steps(numbers), MOMENTS), numbers, atol=1e-4, rtol=0)
    smooth = path_basis(8, CPU).steps(torch.tensor([[1.0, 1.0, -0.5, -0.5, 2.0]]))
    torch.testing.assert_close(basis.steps(knots_of(smooth, MOMENTS)), smooth, atol=1e-6, rtol=0)
