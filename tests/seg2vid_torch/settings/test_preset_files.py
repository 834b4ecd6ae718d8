"""Presets that extend others."""

from pathlib import Path

import pytest

from seg2vid_interface.errors import SettingsError
from seg2vid_torch.settings.preset_files import PRESET_FOLDER, preset_names, read_preset


def write(folder: Path, **presets: str) -> None:
    for name, text in presets.items():
        (folder / f"{name}.toml").write_text(text)


def test_tables_are_merged_key_by_key(tmp_path):
    base = "[image]\nsteps = 1\n[motion]\nsteps = 2\nbatch = 3\n[motion.network]\nwidth = 0.5\nsizes = [1, 2]\n"
    write(tmp_path, base=base, over='extends = "base.toml"\n[motion]\nbatch = 4\n[motion.network]\nsizes = [3]\n')
    assert read_preset(str(tmp_path / "over.toml")) == {
        "image": {"steps": 1},
        "motion": {"steps": 2, "batch": 4, "network": {"width": 0.5, "sizes": [3]}},
    }


def test_a_file_may_extend_a_bundled_preset_and_be_extended(tmp_path):
    (tmp_path / "below").mkdir()
    write(tmp_path / "below", mine='extends = "paper"\n[motion]\nsteps = 7\n')
    write(tmp_path, last='extends = "below/mine.toml"\n[motion]\nbatch = 5\n')
    expected = read_preset("paper")
    expected["motion"] |= {"steps": 7, "batch": 5}
    assert read_preset(str(tmp_path / "last.toml")) == expected


def test_every_bundled_preset_says_in_its_first_line_what_it_is_for():
    for name in preset_names():
        assert (PRESET_FOLDER / f"{name}.toml").read_text(encoding="utf-8").startswith("# "), name
        assert "extends" not in read_preset(name)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('extends = "roads"', r"mine\.toml: extends = 'roads': neither a bundled preset nor a file"),
        ("extends = 3", r"mine\.toml: extends = 3: not a preset's name"),
        ('extends = "mine.toml"', r"mine\.toml: extends = 'mine\.toml': the presets extend one another in a circle"),
        ('extends = "other.toml"', r"other\.toml: extends = 'mine\.toml': the presets extend one another in a circle"),
        ('extends = "broken.toml"', r"mine\.toml: extends = 'broken\.toml': not readable as TOML"),
    ],
)
def test_what_cannot_be_extended_is_named_with_its_file(tmp_path, text, message):
    write(tmp_path, mine=text, other='extends = "mine.toml"', broken="[")
    with pytest.raises(SettingsError, match=message):
        read_preset(str(tmp_path / "mine.toml"))
