"""Learning rates over a training."""

import pytest
import torch

from seg2vid_torch.training.optimizers import make_adam
from seg2vid_torch.training.schedule import cosine_decay, linear_decay, set_rates, warm_up


def test_a_linear_fall():
    assert [linear_decay(step / 8, 0.5) for step in range(8)] == [1, 1, 1, 1, 1, 0.75, 0.5, 0.25]
    assert [linear_decay(step / 3, 1.0) for step in range(3)] == [1, 1, 1]
    assert [linear_decay(step / 2, 0.0) for step in range(2)] == [1, 0.5]


def test_a_cosine_falls_to_its_end():
    assert [cosine_decay(progress, 0.5, 0.04) for progress in (0, 0.3, 0.5)] == [1, 1, 1]
    assert [cosine_decay(progress, 0.5, 0.04) for progress in (0.75, 1.0)] == pytest.approx([0.52, 0.04])
    assert cosine_decay(1.0, 1.0, 0.04) == 1


def test_a_warm_up_ends_at_the_full_rate():
    assert [warm_up(step, 4) for step in range(6)] == [0.25, 0.5, 0.75, 1, 1, 1]
    assert warm_up(0, 0) == 1


def test_rates_are_set_in_place_where_a_graph_reads_them():
    weight = torch.nn.Parameter(torch.zeros(2))
    plain, captured = make_adam([weight], 0.1, (0.0, 0.9)), make_adam([weight], 0.1, (0.0, 0.9), captured=True)
    held = captured.param_groups[0]["lr"]
    set_rates({"a": plain, "b": captured}, {"a": 2.0, "b": 3.0}, 0.5)
    assert plain.param_groups[0]["lr"] == 1.0
    assert captured.param_groups[0]["lr"] is held
    assert held.item() == 1.5
