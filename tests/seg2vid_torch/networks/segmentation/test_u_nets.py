"""The networks of the labels stage."""

import pytest
import torch
from torch.nn import functional

from seg2vid_torch.networks.segmentation.pretrained_u_net import BLOCKS, CHANNELS, PretrainedUNet
from seg2vid_torch.networks.segmentation.u_net import UNet

NETWORKS = {"u-net": lambda: UNet(5, [4, 6, 8]), "pretrained": lambda: PretrainedUNet(5, 8)}


@pytest.fixture(params=NETWORKS.values(), ids=NETWORKS.keys())
def network(request):
    torch.manual_seed(0)
    return request.param()


def test_every_pixel_gets_a_score_of_every_class_at_all_sizes_that_it_takes(network):
    network.eval()
    step = network.sizes.multiple
    for height, width in ((step, step), (3 * step, 2 * step)):
        assert network(torch.rand(2, 3, height, width)).shape == (2, 5, height, width)


def test_every_weight_has_a_say(network):
    scores = network.train()(torch.rand(2, 3, 64, 64))
    functional.cross_entropy(scores, torch.randint(5, (2, 64, 64))).backward()
    silent = [name for name, x in network.named_parameters() if x.grad is None or not x.grad.any()]
    assert silent == []


def test_the_whole_picture_has_a_say_in_a_pretrained_one():
    """Not its surroundings alone: what scene it is."""
    torch.manual_seed(0)
    network = PretrainedUNet(5, 8).eval()
    picture = torch.rand(1, 3, 32, 512)
    changed = picture.clone()
    changed[..., 256:] = torch.rand(1, 3, 32, 256)
    assert not torch.equal(network(picture)[..., :32], network(changed)[..., :32])


def test_the_pixels_of_a_square_begin_with_the_same_scores():
    torch.manual_seed(0)
    scores = PretrainedUNet(5, 8).eval()(torch.rand(1, 3, 32, 32))
    squares = functional.pixel_unshuffle(scores, 2).unflatten(1, (5, 4))
    torch.testing.assert_close(squares, squares[:, :, :1].expand_as(squares))


def test_the_encoder_is_the_beginning_of_the_features_that_critics_see():
    torch.manual_seed(0)
    encoder = PretrainedUNet(5, 8).encoder
    maps = encoder(torch.rand(1, 3, 64, 96))
    assert [tuple(x.shape[1:]) for x in maps] == [
        (channels, 64 >> level, 96 >> level) for level, channels in enumerate(CHANNELS, 1)
    ]
    assert len(encoder.blocks) == BLOCKS
