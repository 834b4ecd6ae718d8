"""The published networks' entry names in ours; that whole networks fit is proven by the golden numbers."""

import pytest
import torch

from seg2vid_torch.networks.img2vid.img2vid import Img2Vid
from seg2vid_torch.published.names import (
    global_generator_modules,
    img2vid_modules,
    local_enhancer_modules,
)


def test_every_entry_of_a_two_path_network_has_a_published_name():
    with torch.device("meta"):
        network = Img2Vid(range(11), range(11, 20), frames=4)
    ours = {name.rpartition(".")[0] for name in network.state_dict()}
    assert ours <= set(img2vid_modules().values())


@pytest.mark.parametrize("modules", [img2vid_modules(), global_generator_modules(), local_enhancer_modules()])
def test_no_two_published_modules_have_one_name(modules):
    assert len(set(modules.values())) == len(modules)
