"""The published networks' entry names in ours; that whole networks fit is proven by the golden numbers."""

import pytest
import torch

from seg2vid_interface.errors import ModelError
from seg2vid_torch.networks.img2vid.img2vid import Img2Vid
from seg2vid_torch.published.names import (
    discriminator_modules,
    global_generator_modules,
    img2vid_modules,
    local_enhancer_modules,
    translate,
)


def test_entries_take_our_names_and_keep_their_values():
    numbers = torch.rand(2)
    entries = {
        "module.motion_net_bg.main.9.running_var": numbers,
        "refine_net.image_decoder.upc3.2.main.1.bias": numbers + 1,
        "vgg_net.vgg.features.0.weight": numbers,
    }
    translated = translate(entries, img2vid_modules())
    assert list(translated) == ["background_encoder.convolutions.3.1.running_var", "refinement.decoder.1.2.1.bias"]
    assert torch.equal(translated["refinement.decoder.1.2.1.bias"], numbers + 1)


def test_an_entry_of_another_network_is_refused():
    with pytest.raises(ModelError, match=r"^model\.1\.weight: not an entry of the published network$"):
        translate({"model.1.weight": torch.zeros(1)}, img2vid_modules())


def test_every_entry_of_a_two_path_network_has_a_published_name():
    with torch.device("meta"):
        network = Img2Vid(range(11), range(11, 20), frames=4)
    ours = {name.rpartition(".")[0] for name in network.state_dict()}
    assert ours <= set(img2vid_modules().values())


@pytest.mark.parametrize(
    "modules", [img2vid_modules(), global_generator_modules(), local_enhancer_modules(), discriminator_modules()]
)
def test_no_two_published_modules_have_one_name(modules):
    assert len(set(modules.values())) == len(modules)
