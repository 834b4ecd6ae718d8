"""Settings of the image stage, told apart by their network's kind."""

import pytest
from pydantic import ValidationError

from seg2vid_interface.errors import SettingsError
from seg2vid_torch.settings.image import Pix2PixHDSettings, SpadeSettings
from seg2vid_torch.settings.loading import load_settings, validate_settings

VGG = {"vgg_weights": "vgg.pth"}


def test_the_preset_is_the_papers():
    settings = load_settings("image", "pix2pixhd", VGG)
    assert isinstance(settings, Pix2PixHDSettings)
    assert settings.weights.model_dump() == {"adversarial": 1, "feature_matching": 10, "perceptual": 10}
    assert (settings.learning_rate, settings.decay_from) == (2e-4, 0.5)
    assert settings.network.model_dump() == {
        "kind": "pix2pixhd",
        "width": 64,
        "downsamplings": 4,
        "blocks": 9,
        "enhancer_blocks": 0,
        "instance_edges": True,
        "discriminator_width": 64,
        "discriminator_scales": 2,
    }


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"vgg_weights": "1"}, "vgg_weights: Input should be a valid string"),
        (VGG | {"decay_from": "1.5", "class_weight_limit": "2"}, "decay_from: .*; class_weight_limit: no such key$"),
        (VGG | {"height": "136"}, "the size 136x256: the stage needs multiples of 16"),
        (VGG | {"height": "144", "network.enhancer_blocks": "3"}, "the size 144x256: the stage needs multiples of 32"),
        (VGG | {"height": "16"}, "multiples of 16, at least 32"),
        (VGG | {"network.kind": "oasis"}, "network.kind = oasis: unknown"),
        (VGG | {"network": "1"}, "network: Input should be a valid dictionary"),
    ],
)
def test_what_is_wrong_is_told(overrides, message):
    with pytest.raises(SettingsError, match=message):
        load_settings("image", "pix2pixhd", overrides)


def test_the_perceptual_loss_needs_weights_or_no_weight():
    with pytest.raises(SettingsError, match=r"weights\.perceptual = 10 needs VGG19's weights") as caught:
        load_settings("image", "pix2pixhd", {})
    assert all(remedy in caught.value.message for remedy in ("vgg_weights=FILE", "download", "weights.perceptual=0"))
    load_settings("image", "pix2pixhd", {"weights.perceptual": "0"})


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"batch": "1"}, "batch must be at least 2: half of it is painted in its own style, half in a drawn one"),
        ({"critic_weights": "1"}, "critic_weights: Input should be a valid string"),
        ({"cuda_graph": "true", "discriminator_interval": "2"}, "cuda_graph = true needs discriminator_interval = 1"),
        ({"network.style_channels": "[8, 12]"}, r"network\.style_channels\.1: Input should be a multiple of 8"),
        ({"height": "144"}, "the size 144x256: the stage needs multiples of 32"),
        ({"hinted": "1.5", "final_rate": "2", "minutes": "0"}, "minutes: .*; final_rate: .*; hinted: "),
    ],
)
def test_what_is_wrong_with_a_spade_generator_is_told(overrides, message):
    with pytest.raises(SettingsError, match=message):
        load_settings("image", "street", overrides)


def test_the_critics_need_weights_or_no_weight(tmp_path):
    preset = tmp_path / "mine.toml"
    network = "channels = [8, 8]\nhidden = 4\nstyle_size = 0\ndiscriminator_channels = [8, 8]"
    rates = "learning_rate = 1e-3\ndiscriminator_learning_rate = 1e-3\ncritic_learning_rate = 1e-3"
    intervals = "log_interval = 1\ncheckpoint_interval = 1\nsample_interval = 1"
    size = 'height = 64\nwidth = 64\nlabel_space = "cityscapes"\nsteps = 1\nbatch = 2\nema_decay = 0.9'
    preset.write_text(f"[image]\n{size}\n{rates}\n{intervals}\n[image.network]\n{network}\n")
    with pytest.raises(SettingsError, match=r"weights\.critics = 0\.5 needs the critics' frozen features") as caught:
        load_settings("image", str(preset), VGG)
    remedies = ("critic_weights=FILE", "critic_weights=download", "weights.critics=0")
    assert all(remedy in caught.value.message for remedy in remedies)
    settings = load_settings("image", str(preset), VGG | {"weights.critics": "0"})
    assert isinstance(settings, SpadeSettings)
    defaults = (settings.decay_from, settings.final_rate, settings.warm_up, settings.hinted, settings.cuda_graph)
    assert defaults == (0.55, 0.04, 0, 0.75, False)
    assert settings.weights.model_dump() == {
        "perceptual": 1, "reconstruction": 1, "kl": 0.02, "light": 1, "adversarial": 1, "critics": 0
    }  # fmt: skip


def test_a_stages_own_settings_can_be_read_back():
    for preset, overrides in (("street", {}), ("pix2pixhd", VGG)):
        settings = load_settings("image", preset, overrides)
        assert validate_settings("image", settings.model_dump(mode="json")) == settings


def test_a_network_without_a_kind_is_spade():
    table = load_settings("image", "street", {}).model_dump(mode="json")
    del table["network"]["kind"]
    assert isinstance(validate_settings("image", table), SpadeSettings)
    del table["network"]
    with pytest.raises(ValidationError, match="network"):
        validate_settings("image", table)
