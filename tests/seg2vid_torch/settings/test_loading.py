"""Presets and overrides."""

import pytest

from seg2vid_interface.errors import SettingsError
from seg2vid_interface.label_spaces import LABEL_SPACES, NO_LABELS
from seg2vid_torch.settings.image import SpadeSettings
from seg2vid_torch.settings.key_frames import KeyFrameSettings
from seg2vid_torch.settings.loading import load_settings
from seg2vid_torch.settings.motion import MotionSettings
from seg2vid_torch.settings.preset_files import preset_names
from seg2vid_torch.training.build import find_label_space
from street_data import FIRST_STREET

WITHOUT_VGG = {"weights.perceptual": "0"}
IMAGE_KEYS = (
    "Known keys: accumulate, batch, checkpoint_interval, class_weight_limit, critic_learning_rate, "
    "critic_weights, cuda_graph, decay_from, discriminator_interval, discriminator_learning_rate, driven, "
    "driven_chunks, ema_decay, final_rate, height, hinted, initial, label_space, learning_rate, log_interval, "
    "minutes, network, rolled, rolled_chunks, sample_interval, steps, vgg_weights, warm_up, weights, width."
)
NETWORK_KEYS = (
    "Known keys: network.channels, network.critic_width, network.discriminator_channels, network.hidden, network.kind, "
    "network.style_channels, network.style_size."
)


def test_the_bundled_presets_are_valid():
    assert "street" in preset_names()
    assert isinstance(load_settings("image", "street", {}), SpadeSettings)
    assert isinstance(load_settings("motion", "street", {}), KeyFrameSettings)


def test_overrides_are_toml_values_or_plain_text():
    settings = load_settings(
        "image", "street", {"steps": "7", "network.channels": "[16, 8]", "label_space": "my/space.toml"}
    )
    assert isinstance(settings, SpadeSettings)
    assert (settings.steps, settings.network.channels, settings.label_space) == (7, (16, 8), "my/space.toml")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("7\nbatch = 3", "holds further lines with settings of their own; give each its --set"),
        ("7\n[network]", "holds further lines with settings of their own; give each its --set"),
        ("9" * 5000, "an integer of more than 20 digits"),
        ("[" * 1000, "nested more than 64 levels deep"),
    ],
)
def test_an_override_is_one_value_within_limits(text, problem):
    with pytest.raises(SettingsError) as caught:
        load_settings("image", "street", {"steps": text})
    assert caught.value.message.startswith(f"--preset street, stage image: --set steps: {problem}")


def test_an_override_may_take_several_lines():
    settings = load_settings("image", "street", {"network.channels": "[16,\n8]  # few\n", "steps": "7\n\n"})
    assert isinstance(settings, SpadeSettings)
    assert (settings.steps, settings.network.channels) == (7, (16, 8))


def test_all_faults_are_told_at_once():
    with pytest.raises(SettingsError) as caught:
        load_settings("image", "street", {"batch": "0", "stepps": "3", "network.hidden": '"many"', "height": "100"})
    assert all(name in caught.value.message for name in ("batch", "stepps", "network.hidden"))
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("overrides", "faults", "hint"),
    [
        (
            {"stepps": "3", "network.hiden": "4", "steps": "abc"},
            [
                "steps: Input should be a valid integer, unable to parse string as an integer",
                "network.hiden: no such key, did you mean network.hidden?",
                "stepps: no such key, did you mean steps?",
            ],
            f"{NETWORK_KEYS} {IMAGE_KEYS}",
        ),
        ({"netwrk.hidden": "4"}, ["netwrk: no such key, did you mean network?"], IMAGE_KEYS),
        ({"style_size": "4"}, ["style_size: no such key, did you mean network.style_size?"], IMAGE_KEYS),
        ({"network.bach": "4"}, ["network.bach: no such key, did you mean batch?"], NETWORK_KEYS),
        (
            {"network.channels": "8"},
            ['network.channels: a list is needed, such as [1, 2] or ["a", "b"]'],
            "Mend the preset or the --set.",
        ),
        ({"network.z": "4"}, ["network.z: no such key"], NETWORK_KEYS),
        (
            {"steps.more": "1", "batch.less": "2", "batch": "0"},
            [
                "--set steps.more: steps is a value, not a table",
                "--set batch.less: batch is a value, not a table",
                "batch: Input should be greater than 0",
            ],
            "Mend the preset or the --set.",
        ),
        (
            {"steps.more": "1", "network.kind": "gan"},
            ["--set steps.more: steps is a value, not a table", "network.kind = gan: unknown"],
            "Known kinds: spade, pix2pixhd.",
        ),
    ],
)
def test_an_unknown_key_is_told_with_the_known_ones_and_beside_all_other_faults(overrides, faults, hint):
    with pytest.raises(SettingsError) as caught:
        load_settings("image", "street", overrides)
    assert caught.value.message == "--preset street, stage image: " + "; ".join(faults)
    assert caught.value.hint == hint


def test_a_fault_of_an_override_alone_is_one():
    with pytest.raises(SettingsError, match=r"stage image: --set steps\.more: steps is a value, not a table$"):
        load_settings("image", "street", {"steps.more": "1"})


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"height": "100"}, "100x256: the stage needs multiples of 32"),
        ({"height": "64"}, "at least 128"),
        ({"height": "160", "width": "192"}, "multiple of 4096"),
        ({"teacher.clips": "6"}, "leaves no real clip in the batch of 6"),
        ({"teacher.clips": "1", "teacher.stills": '["s"]'}, "refines_alone needs at least 2"),
        ({"batch": "1"}, "batch must be at least 2"),
        ({"teacher.clips": "2"}, "teacher.stills is needed"),
        ({"refined_frames": "5"}, "refined_frames is more than chunk_frames"),
        ({"steps.more": "1"}, "steps is a value, not a table"),
    ],
)
def test_motion_settings_that_contradict_each_other(overrides, message):
    with pytest.raises(SettingsError, match=message):
        load_settings("motion", FIRST_STREET, {"teacher.clips": "0", **overrides})


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"label_space": "cityscapes"}, "network.labels = false needs label_space = 'none', not 'cityscapes'"),
        ({"network.labels": "true"}, "label_space = 'none' needs network.labels = false"),
        ({"network.paths": "2"}, "paths = 2 needs labels; set paths to 1"),
        ({"network.camera_prior": "true"}, "camera_prior = true needs labels"),
        ({"teacher.clips": "2"}, r"the teacher needs labels: set teacher.clips to 0 and teacher.stills to \[\]"),
        ({"teacher.stills": '["s"]'}, "the teacher needs labels"),
    ],
)
def test_what_needs_labels_is_told_to_a_network_without(overrides, message):
    with pytest.raises(SettingsError, match=message):
        load_settings("motion", "paper-no-labels", WITHOUT_VGG | overrides)


def test_no_labels_are_a_label_space_of_the_motion_stage_alone():
    assert find_label_space(load_settings("motion", "paper-no-labels", WITHOUT_VGG)) is NO_LABELS
    with pytest.raises(SettingsError, match="label_space 'none': unknown") as caught:
        find_label_space(load_settings("image", "street", {"label_space": "none"}))
    assert caught.value.hint == f"Use {', '.join(LABEL_SPACES)} or the path of a .toml file."


@pytest.mark.parametrize(
    ("preset", "network", "label_space"),
    [
        ("paper-one-path", {"paths": 1}, "cityscapes"),
        ("paper-no-labels", {"paths": 1, "labels": False, "interpolation": "nearest"}, "none"),
        (
            "paper-no-labels-grey",
            {"paths": 1, "labels": False, "interpolation": "nearest", "image_channels": 1},
            "none",
        ),
    ],
)
def test_the_paper_s_variants_differ_from_it_in_this_alone(preset, network, label_space):
    paper, variant = (load_settings("motion", name, WITHOUT_VGG) for name in ("paper", preset))
    assert isinstance(paper, MotionSettings)
    expected = {"network": paper.network.model_copy(update=network), "label_space": label_space}
    assert variant == paper.model_copy(update=expected)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"height": "126"}, "126x256: the stage needs multiples of 4, at least 32"),
        ({"network.chunk_frames": "5"}, "network.chunk_frames must be even"),
        ({"network.kind": "key-frame"}, "network.kind = key-frame: unknown"),
        ({"network.width": "1"}, "network.width: no such key"),
    ],
)
def test_key_frame_settings_that_cannot_be(overrides, message):
    with pytest.raises(SettingsError, match=message):
        load_settings("motion", "street", overrides)


def test_an_unknown_preset_lists_the_known_ones():
    with pytest.raises(SettingsError, match="--preset roads: neither a bundled preset nor a file") as caught:
        load_settings("image", "roads", {})
    assert "street" in caught.value.hint


def test_a_preset_file(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("[motion]\nsteps = 'many'\n")
    with pytest.raises(SettingsError, match=r"no \[image\] table"):
        load_settings("image", str(path), {})
    path.write_text("[image\n")
    with pytest.raises(SettingsError, match="not readable as TOML"):
        load_settings("image", str(path), {})
