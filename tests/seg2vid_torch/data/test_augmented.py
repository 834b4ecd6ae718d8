"""Pictures and their labels, changed together."""

import pytest
import torch

from seg2vid_torch.data.augmented import Changes, augmented, draw_changes, recolored
from seg2vid_torch.data.batches import Stills

CPU = torch.device("cpu")


@pytest.fixture
def stills():
    """Two stills whose red is ten times their label."""
    labels = torch.arange(8 * 16).view(1, 8, 16).repeat(2, 1, 1).remainder(20).byte()
    images = torch.stack([labels * 10, labels, labels], 1)
    return Stills(images, labels, torch.tensor([False, True]))


def unchanged(**changed: torch.Tensor) -> Changes:
    same = {"share": torch.ones(2, 2), "place": torch.full((2, 2), 0.5), "colors": torch.ones(2, 3)}
    return Changes(**{**same, **changed})


def test_without_changes_they_are_mirrored_alone(stills):
    frames, labels = augmented(stills, unchanged())
    torch.testing.assert_close(frames[0], stills.images[0] / 255)
    torch.testing.assert_close(frames[1], stills.images[1].flip(-1) / 255)
    assert torch.equal(labels, torch.stack([stills.labels[0], stills.labels[1].flip(-1)]).long())


def test_a_part_is_magnified_where_it_lies(stills):
    corners = unchanged(share=torch.full((2, 2), 0.5), place=torch.tensor([[0.0, 0.0], [1.0, 1.0]]))
    _, labels = augmented(stills, corners)
    first = stills.labels[0, :4, :8].repeat_interleave(2, 0).repeat_interleave(2, 1)
    second = stills.labels[1, 4:, 8:].flip(-1).repeat_interleave(2, 0).repeat_interleave(2, 1)
    assert torch.equal(labels, torch.stack([first, second]).long())


def test_the_labels_stay_with_the_picture():
    labels = torch.zeros(1, 64, 64, dtype=torch.uint8)
    labels[:, 20:50, 10:40] = 1
    stills = Stills(labels[:, None].repeat(1, 3, 1, 1) * 255, labels, torch.tensor([True]))
    changes = draw_changes(1, CPU, seed=1, step=2, zoom=2.0, color=0.0)
    frames, told = augmented(stills, changes)
    assert ((frames[:, 0] > 0.5) == (told > 0)).float().mean() > 0.98


def test_changes_are_within_their_limits():
    changes = draw_changes(4096, CPU, seed=0, step=0, zoom=2.0, color=0.25)
    assert (0.4 < changes.share.min() < 0.5, 0.99 < changes.share.max() <= 1) == (True, True)
    assert 0 <= changes.place.min() < changes.place.max() <= 1
    assert (0.75 <= changes.colors.min() < 0.76, 1.24 < changes.colors.max() <= 1.25) == (True, True)


def test_without_zoom_nothing_is_cut_off():
    assert torch.equal(draw_changes(4, CPU, seed=0, step=0, zoom=1.0, color=0.25).share, torch.ones(4, 2))


def test_changes_depend_on_seed_and_step_alone():
    def draw(seed, step):
        return draw_changes(2, CPU, seed=seed, step=step, zoom=2.0, color=0.25).colors

    assert torch.equal(draw(1, 5), draw(1, 5))
    assert not torch.equal(draw(1, 5), draw(1, 6))
    assert not torch.equal(draw(1, 5), draw(2, 5))


def test_colours():
    frames = torch.rand(1, 3, 4, 4) * 0.5 + 0.2
    torch.testing.assert_close(recolored(frames, torch.tensor([[1.2, 1.0, 1.0]])), frames * 1.2)
    flat = recolored(frames, torch.tensor([[1.0, 0.0, 1.0]]))
    torch.testing.assert_close(flat, frames.mean().expand_as(flat))
    grey = recolored(frames, torch.tensor([[1.0, 1.0, 0.0]]))
    torch.testing.assert_close(grey[:, 0], grey[:, 1])
    torch.testing.assert_close(recolored(frames, torch.ones(1, 3)), frames)
