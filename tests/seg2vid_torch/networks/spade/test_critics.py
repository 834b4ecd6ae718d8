"""The critics on frozen features."""

import pytest
import torch

from seg2vid_torch.networks.spade.critics import Critics


@pytest.fixture
def critics():
    torch.manual_seed(0)
    return Critics(classes=3, width=8, channels=[4, 6]).eval()


def maps_and_labels():
    generator = torch.Generator().manual_seed(1)
    maps = [torch.rand(2, 4, 8, 16, generator=generator), torch.rand(2, 6, 4, 8, generator=generator)]
    labels = torch.randint(3, (2, 16, 32), generator=generator)
    return maps, torch.nn.functional.one_hot(labels, 3).movedim(-1, 1).float()


def test_every_place_of_every_map_gets_a_score(critics):
    assert [scores.shape for scores in critics(*maps_and_labels())] == [(2, 1, 8, 16), (2, 1, 4, 8)]


def test_scores_are_float32_whatever_the_precision(critics):
    with torch.autocast("cpu", torch.bfloat16):
        scores = critics(*maps_and_labels())
    assert {x.dtype for x in scores} == {torch.float32}


def test_both_the_maps_and_the_labels_are_seen(critics):
    maps, labels = maps_and_labels()
    scores = critics(maps, labels)
    for changed in (critics([x + 1 for x in maps], labels), critics(maps, labels.roll(1, 1))):
        assert not any(torch.allclose(a, b) for a, b in zip(scores, changed, strict=True))


def test_projections_are_kept_and_not_trained(critics):
    names = list(critics.state_dict())
    assert names[:2] == ["projections.0.weight", "projections.1.weight"]
    assert [name for name in names if name.startswith("heads.1")] == [
        "heads.1.0.bias",
        "heads.1.0.parametrizations.weight.original",
        "heads.1.0.parametrizations.weight.0._u",
        "heads.1.0.parametrizations.weight.0._v",
        "heads.1.2.bias",
        "heads.1.2.parametrizations.weight.original",
        "heads.1.2.parametrizations.weight.0._u",
        "heads.1.2.parametrizations.weight.0._v",
        "heads.1.4.weight",
        "heads.1.4.bias",
    ]
    sum(x.sum() for x in critics.train()(*maps_and_labels())).backward()
    assert {name for name, x in critics.named_parameters() if x.grad is None} == set(names[:2])


def test_a_projection_keeps_the_size_of_its_maps_numbers():
    projection = Critics(3, width=64, channels=[1024]).projections[0]
    assert projection(torch.randn(1, 1024, 8, 8)).std().item() == pytest.approx(1, abs=0.1)
