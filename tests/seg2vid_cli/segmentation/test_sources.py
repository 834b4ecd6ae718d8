"""What is read, and what it becomes."""

from pathlib import Path

import pytest

from seg2vid_cli.segmentation.sources import plan_sources
from seg2vid_interface.errors import ImageError, OutputError, UsageError

OUT = Path("maps")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("b.jpg", "a.png", "c.MP4", ".hidden.png", "notes.txt", "folder/d.png"):
        (tmp_path / "drive" / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / "drive" / name).touch()


def plan(*named: str, overwrite: bool = False) -> list[tuple[str, str]]:
    sources = plan_sources([Path(name) for name in named], OUT, overwrite=overwrite)
    return [(source.path.as_posix(), source.target.as_posix()) for source in sources]


def test_pictures_become_files_and_videos_folders() -> None:
    assert plan("b.jpg", "drive/c.MP4") == [("b.jpg", "maps/b.png"), ("drive/c.MP4", "maps/c")]


def test_a_folder_gives_what_lies_in_it() -> None:
    assert plan("drive") == [
        ("drive/a.png", "maps/a.png"),
        ("drive/b.jpg", "maps/b.png"),
        ("drive/c.MP4", "maps/c"),
    ]


def test_a_folder_without_any_is_told() -> None:
    Path("empty").mkdir()
    with pytest.raises(ImageError, match="empty: no pictures or videos in it"):
        plan("empty")


@pytest.mark.parametrize("names", [("a.jpg", "x/a.png"), ("a.avi", "a.mp4"), ("drive", "drive/a.png")])
def test_results_of_one_name_are_wrong_usage(names: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match="would have the name of that of"):
        plan(*names)


def test_what_is_read_is_not_replaced() -> None:
    OUT.mkdir()
    (OUT / "a.png").touch()
    with pytest.raises(UsageError, match=r"maps/a\.png: is read, and a result would replace it"):
        plan("maps/a.png", overwrite=True)


def test_what_is_there_is_replaced_only_when_told() -> None:
    (OUT / "c").mkdir(parents=True)
    (OUT / "c" / "000000.png").touch()
    (OUT / "a.png").touch()
    for name in ("drive/a.png", "drive/c.MP4"):
        with pytest.raises(OutputError, match="exists already"):
            plan(name)
        assert len(plan(name, overwrite=True)) == 1


def test_a_file_where_a_folder_goes_and_the_other_way() -> None:
    (OUT / "a.png").mkdir(parents=True)
    (OUT / "c").touch()
    with pytest.raises(OutputError, match=r"maps/a\.png: a label map goes there"):
        plan("drive/a.png", overwrite=True)
    with pytest.raises(OutputError, match="maps/c: a folder of label maps goes there"):
        plan("drive/c.MP4", overwrite=True)


def test_a_file_as_the_folder_of_results() -> None:
    OUT.touch()
    with pytest.raises(OutputError, match=r"-o maps: .*maps is a file, not a folder"):
        plan("a.jpg")
