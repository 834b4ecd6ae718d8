"""The suite's own flags, and what of the suite runs where."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from made_once import MadeOnce, digest, newest

ROOT = Path(__file__).parents[1]
REDUCED = "tests/golden/reduced"


def collect(*arguments: object) -> list[str]:
    """Return the ids of the tests that pytest would run with these arguments."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-p", "no:cacheprovider", *map(str, arguments)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return [line for line in result.stdout.splitlines() if "::" in line]


def test_the_golden_folder_in_two_words(tmp_path):
    """With `-k` alone a folder outside the project needs `--golden=FOLDER`: pytest looks there for its settings."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.symlink_to(ROOT / REDUCED, target_is_directory=True)
    for name, arguments in {
        "elsewhere": ("tests/golden", "--golden", elsewhere),
        "reduced": ("-k", "golden", "--ignore-glob=*/test_[!g]*.py", "--golden", REDUCED),
    }.items():
        assert len([line for line in collect(*arguments) if f"[{name}-" in line]) == 65


def test_a_folder_is_made_once(tmp_path):
    folders, made = MadeOnce(tmp_path / "all"), []

    def make(folder: Path) -> None:
        made.append(folder)
        (folder / "file").write_text("whole")
        if len(made) == 1:
            raise OSError("fails the first time")

    with pytest.raises(OSError, match="the first time"):
        folders.get("one", make)
    assert folders.get("one", make) == MadeOnce(tmp_path / "all").get("one", make) == tmp_path / "all" / "one"
    assert len(made) == 2
    assert [path.name for path in (tmp_path / "all" / "one").iterdir()] == ["file"]


def test_the_newest_folders_are_kept(tmp_path):
    parent = tmp_path / "all"
    parent.mkdir()
    for name in "abcad":
        assert newest(parent, name, kept=2) == parent / name
        time.sleep(0.02)  # the clock of some file systems is coarse
    assert {path.name for path in parent.iterdir()} == {"a", "d"}


def test_the_digest_is_of_names_and_contents(tmp_path):
    (tmp_path / "room").mkdir()
    (tmp_path / "room" / "a.py").write_text("1")
    before = digest(["room", "*.py"], tmp_path)
    (tmp_path / "room" / "a.pyc").write_text("no source")
    assert digest(["room", "*.py"], tmp_path) == before
    changes = [("room/a.py", "2"), ("room/b.toml", ""), ("c.py", "")]
    digests = [before]
    for name, text in changes:
        (tmp_path / name).write_text(text)
        digests.append(digest(["room", "*.py"], tmp_path))
    assert len(set(digests)) == 4
