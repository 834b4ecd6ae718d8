"""What killed processes left is swept; what lives, or is not ours, or is a stranger's trap, is left alone."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from seg2vid_interface.staging.leftovers import put_right
from seg2vid_interface.staging.staging import Staging

HOLDS = """\
import sys, time
from pathlib import Path
from seg2vid_interface.staging.staging import Staging
staging = Staging(overwrite=True)
staging.add_file(Path(sys.argv[1]) / "a.mp4").write_text("half")
staging.add_file(Path(sys.argv[1]) / "sheets" / "a.png").write_text("half")
print("staged", flush=True)
time.sleep(600)
"""


def tree(folder: Path) -> dict[str, str | None]:
    return {
        path.relative_to(folder).as_posix(): path.read_text() if path.is_file() else None for path in folder.rglob("*")
    }


def test_what_is_another_process_s_stays_as_long_as_that_lives(tmp_path: Path) -> None:
    (tmp_path / "sheets").mkdir()
    command = [sys.executable, "-c", HOLDS, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "staged\n"
        before = tree(tmp_path)
        put_right([tmp_path, tmp_path / "sheets"])
        put_right([tmp_path / "sheets"])
        after = tree(tmp_path)
        process.kill()
    assert after == before
    assert [text for text in before.values() if text == "half"] == ["half", "half"]
    put_right([tmp_path, tmp_path / "nowhere"])
    put_right([tmp_path / "sheets"])
    assert tree(tmp_path) == {"sheets": None}


def test_what_is_of_this_process_stays(tmp_path: Path) -> None:
    staging = Staging(overwrite=False)
    staging.add_file(tmp_path / "a.mp4").write_text("a")
    put_right([tmp_path])
    staging.commit()
    assert tree(tmp_path) == {"a.mp4": "a"}


def left_by_dead(beside: Path, journal: object = None, name: str = ".seg2vid-0123") -> Path:
    """Make the hidden folder that a killed process leaves."""
    hidden = beside / name
    for folder in ("new", "old", "scratch"):
        (hidden / folder).mkdir(parents=True)
    (hidden / "lock").touch()
    if journal is not None:
        (hidden / "journal.json").write_text(json.dumps(journal))
    return hidden


def test_what_a_user_put_in_a_place_meanwhile_is_kept_and_so_is_what_had_been_there(tmp_path: Path) -> None:
    hidden = left_by_dead(tmp_path, {".": {"put": ["b.json", "a.mp4"], "taken away": []}})
    (hidden / "new" / "a.mp4").write_text("new")
    (hidden / "old" / "a.mp4").write_text("old")
    (tmp_path / "b.json").write_text("new")
    (tmp_path / "a.mp4").write_text("the user's")
    put_right([tmp_path])
    assert (tmp_path / "a.mp4").read_text() == "the user's"
    assert (hidden / "old" / "a.mp4").read_text() == "old"
    assert not (tmp_path / "b.json").exists()
    (tmp_path / "a.mp4").unlink()
    put_right([tmp_path])
    assert tree(tmp_path) == {"a.mp4": "old"}


@pytest.mark.parametrize(
    "name",
    ["../b", "c/../../b", "/etc/passwd", "c/d/e", "", ".", "..", 7, None, {}, "linked/x", "there/x"],
)
@pytest.mark.parametrize("kind", ["put", "taken away"])
def test_a_stranger_s_journal_leads_nowhere_else(tmp_path: Path, name: object, kind: str) -> None:
    folder = tmp_path / "theirs"
    folder.mkdir()
    (tmp_path / "b").write_text("mine")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "x").write_text("mine")
    hidden = left_by_dead(folder, {".": {"put": ["a"], "taken away": [], kind: ["a", name]}})
    (hidden / "old" / "a").write_text("a")
    for path in (hidden / "old" / "linked", folder / "there"):
        path.symlink_to(tmp_path / "mine")
    before = tree(tmp_path)
    put_right([folder])
    assert tree(tmp_path) == before


@pytest.mark.parametrize(
    "journal",
    [[], 7, {".": []}, {".": {"put": 7}}, {"..": {"put": ["b"]}}, {"../elsewhere": {"taken away": ["b"]}}],
)
def test_a_journal_that_is_none_is_left_alone(tmp_path: Path, journal: object) -> None:
    folder, elsewhere = tmp_path / "theirs", tmp_path / "elsewhere"
    folder.mkdir()
    hidden = left_by_dead(folder, journal)
    for beside in (tmp_path, elsewhere):  # not of this set, as they say themselves
        (left_by_dead(beside, name=hidden.name) / "old" / "b").write_text("b")
    before = tree(tmp_path)
    put_right([folder])
    assert tree(tmp_path) == before


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
def test_links_in_hidden_folders_are_not_followed(tmp_path: Path) -> None:
    folder, mine = tmp_path / "theirs", tmp_path / "mine"
    mine.mkdir()
    (mine / "a").write_text("mine")
    folder.mkdir()
    hidden = left_by_dead(folder, {".": {"put": [], "taken away": ["a"]}})
    (hidden / "old").rmdir()
    (hidden / "old").symlink_to(mine)
    (folder / ".seg2vid-link").symlink_to(mine)
    os.mkfifo(left_by_dead(folder, name=".seg2vid-pipe") / "journal.json")
    put_right([folder])
    assert tree(mine) == {"a": "mine"}
    assert sorted(path.name for path in folder.iterdir()) == [".seg2vid-0123", ".seg2vid-link"]


def test_folders_that_are_none_of_ours_stay(tmp_path: Path) -> None:
    (tmp_path / ".seg2vid-notes").mkdir()
    (tmp_path / ".seg2vid-notes" / "a.txt").write_text("the user's")
    (tmp_path / ".seg2vid-file").write_text("the user's")
    before = tree(tmp_path)
    put_right([tmp_path])
    assert tree(tmp_path) == before
    (tmp_path / ".seg2vid-notes" / "a.txt").unlink()  # as if it was killed as soon as it was made
    put_right([tmp_path])
    assert tree(tmp_path) == {".seg2vid-file": "the user's"}


def test_a_part_of_a_set_whose_rest_was_moved_away_keeps_what_was_replaced(tmp_path: Path) -> None:
    hidden = left_by_dead(tmp_path / "sheets")
    (hidden / "lock").unlink()
    (hidden / "set").write_text("..")
    (hidden / "old" / "a.png").write_text("old")
    before = tree(tmp_path)
    put_right([tmp_path / "sheets"])
    assert tree(tmp_path) == before
    (hidden / "old" / "a.png").unlink()
    put_right([tmp_path / "sheets"])
    assert tree(tmp_path) == {"sheets": None}


def test_what_says_whose_a_folder_is_goes_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or what is cut short there would stay for good, as nobody's."""
    hidden, rmtree, left = left_by_dead(tmp_path), shutil.rmtree, list[list[str]]()
    for name in ("done.json", "old/a.mp4"):
        (hidden / name).write_text("{}")

    def noted(path: Path, **more: bool) -> None:
        if path == hidden and hidden.exists():
            left.append([path.name for path in hidden.iterdir()])
        rmtree(path, **more)

    monkeypatch.setattr(shutil, "rmtree", noted)
    put_right([tmp_path])
    assert left == [["lock"]]
    assert tree(tmp_path) == {}
