"""Presets and overrides."""

import pytest

from seg2vid_interface.errors import SettingsError
from seg2vid_torch.image_settings import SpadeSettings
from seg2vid_torch.motion_settings import MotionSettings
from seg2vid_torch.settings import load_settings, preset_names


def test_the_bundled_presets_are_valid():
    assert "street" in preset_names()
    assert isinstance(load_settings("image", "street", {}), SpadeSettings)
    assert isinstance(load_settings("motion", "street", {"teacher.clips": "0"}), MotionSettings)


def test_overrides_are_toml_values_or_plain_text():
    settings = load_settings(
        "image", "street", {"steps": "7", "network.channels": "[16, 8]", "label_space": "my/space.toml"}
    )
    assert isinstance(settings, SpadeSettings)
    assert (settings.steps, settings.network.channels, settings.label_space) == (7, (16, 8), "my/space.toml")


def test_all_faults_are_told_at_once():
    with pytest.raises(SettingsError) as caught:
        load_settings("image", "street", {"batch": "0", "stepps": "3", "network.hidden": '"many"', "height": "100"})
    assert all(name in caught.value.message for name in ("batch", "stepps", "network.hidden"))
    assert caught.value.exit_code == 2


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
        load_settings("motion", "street", {"teacher.clips": "0", **overrides})


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
