import os
import sys
from pathlib import Path

import pytest

from seg2vid_cli.inputs.found_files import ENDINGS, find_label_maps, search_label_maps
from seg2vid_interface.errors import LabelMapError, UsageError

needs_links = pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lay(*names: str) -> None:
    for name in names:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def found(*named: str, results: str | None = None) -> list[tuple[str, str]]:
    """Return every path that is found, with its place."""
    maps = search_label_maps([Path(name) for name in named], None if results is None else Path(results))
    return [(path.as_posix(), maps.places[path].as_posix() if path in maps.places else "") for path in maps.paths]


def messages(*named: str) -> list[str]:
    return [message.replace(os.sep, "/") for message in search_label_maps([Path(name) for name in named]).messages]


def test_a_folder_gives_its_maps_sorted_however_deep():
    lay("maps/b/z.png", "maps/b/a.PNG", "maps/a/b/c.bmp", "maps/x.tif", "maps/notes.txt", "maps/a/b/c.json")
    assert found("maps") == [
        ("maps/a/b/c.bmp", "a/b"),
        ("maps/b/a.PNG", "b"),
        ("maps/b/z.png", "b"),
        ("maps/x.tif", "."),
    ]
    assert messages("maps") == ["maps: 4 label maps"]
    assert find_label_maps([Path("maps/b")]) == [Path("maps/b/a.PNG"), Path("maps/b/z.png")]


def test_files_stay_as_they_are_named_be_they_there_or_not():
    lay("b.png", "a.dat")
    assert found("b.png", "a.dat", "missing.png", "-") == [("b.png", ""), ("a.dat", ""), ("missing.png", ""), ("-", "")]
    assert messages("b.png") == []


def test_several_folders_keep_their_own_names():
    lay("maps/train/a.png", "maps/val/a.png", "maps/val/deep/b.png")
    assert found("maps/val", "maps/train") == [
        ("maps/val/a.png", "val"),
        ("maps/val/deep/b.png", "val/deep"),
        ("maps/train/a.png", "train"),
    ]


def test_what_is_named_twice_is_taken_once():
    lay("maps/a.png", "maps/deep/b.png")
    assert found("maps/a.png", "maps", "maps/deep", "maps/*.png") == [("maps/a.png", ""), ("maps/deep/b.png", "deep")]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("maps/*.png", [("maps/a.png", ".")]),
        ("maps/**/*.png", [("maps/a.png", "."), ("maps/x/b.png", "x"), ("maps/y/b.png", "y")]),
        ("maps/*/b.*", [("maps/x/b.png", "x"), ("maps/y/b.png", "y")]),
        ("maps/[xy]", [("maps/x/b.png", "x"), ("maps/y/b.png", "y")]),
        ("maps/**", [("maps/a.png", "."), ("maps/x/b.png", "x"), ("maps/y/b.png", "y")]),
        ("m?ps/x", [("maps/x/b.png", "maps/x")]),
        ("maps/*.jpg", [("maps/c.jpg", ".")]),
        ("maps/.*", [("maps/.d.png", "."), ("maps/.e/f.png", ".e")]),
        ("*", [("maps/a.png", "maps"), ("maps/x/b.png", "maps/x"), ("maps/y/b.png", "maps/y")]),
    ],
)
def test_patterns(pattern, expected):
    lay("maps/a.png", "maps/x/b.png", "maps/y/b.png", "maps/c.jpg", "maps/.d.png", "maps/.e/f.png", "maps/x/b.json")
    assert found(pattern) == expected
    assert found(str(Path(pattern).absolute())) == [
        (Path(path).absolute().as_posix(), place) for path, place in expected
    ]


def test_a_file_with_a_bracket_in_its_name_is_no_pattern():
    lay("maps/a[1].png", "maps/a1.png")
    assert found("maps/a[1].png") == [("maps/a[1].png", "")]


def test_hidden_files_are_left_out_but_not_a_hidden_folder_that_is_named():
    lay(
        "maps/.hidden.png",
        "maps/._a.png",
        "maps/.git/a.png",
        "maps/.seg2vid-1-ab/new/a.png",
        "maps/a.png",
        ".cache/b.png",
    )
    assert found("maps") == [("maps/a.png", ".")]
    assert found(".cache") == [(".cache/b.png", ".")]


@needs_links
def test_links_to_folders_are_followed_each_folder_once_and_loops_end():
    lay("maps/real/a.png", "elsewhere/b.png")
    Path("maps/again").symlink_to(Path("real"), target_is_directory=True)
    Path("maps/real/up").symlink_to(Path("maps").absolute(), target_is_directory=True)
    Path("maps/away").symlink_to(Path("elsewhere").absolute(), target_is_directory=True)
    Path("elsewhere/back").symlink_to(Path("maps").absolute(), target_is_directory=True)
    assert found("maps") == [("maps/away/b.png", "away"), ("maps/real/a.png", "real")]
    assert found("maps/**/*.png") == [("maps/real/a.png", "real")]


@needs_links
def test_a_link_to_nothing_is_a_file_that_is_missing():
    lay("maps/a.png")
    Path("maps/b.png").symlink_to("nowhere.png")
    assert found("maps") == [("maps/a.png", "."), ("maps/b.png", ".")]


def test_of_the_pictures_of_a_cityscapes_scene_only_the_label_ids_are_taken():
    city = "gtFine/val/ulm/ulm_000000_000019_gtFine_"
    lay(
        *(
            city + name
            for name in ("labelIds.png", "labelTrainIds.png", "instanceIds.png", "color.png", "polygons.json")
        )
    )
    lay(
        "gtFine/val/ulm/ulm_000001_000019_gtFine_labelTrainIds.png", "gtFine/val/ulm/ulm_000001_000019_gtFine_color.png"
    )
    lay("gtFine/val/ulm/ulm_000002_000019_gtFine_color.png", "gtFine/val/ulm/other.png")
    assert [Path(path).name for path, _ in found("gtFine")] == [
        "other.png",
        "ulm_000000_000019_gtFine_labelIds.png",
        "ulm_000001_000019_gtFine_labelTrainIds.png",
        "ulm_000002_000019_gtFine_color.png",
    ]
    assert messages("gtFine") == [
        "gtFine: 4 label maps; left out 2 *_gtFine_color, 1 *_gtFine_instanceIds, 1 *_gtFine_labelTrainIds"
    ]
    assert len(found("gtFine/**/*.png")) == 4
    assert len(found("gtFine/**/*_color.png")) == 3


def test_folders_beside_those_of_label_maps_are_left_out():
    lay("set/train/images/a.png", "set/train/labels/a.png", "set/train/Instances/a.png", "set/train/more/b.png")
    assert found("set") == [("set/train/labels/a.png", "train/labels"), ("set/train/more/b.png", "train/more")]
    assert messages("set") == ["set: 2 label maps; left out 1 Instances/, 1 images/"]
    assert found("set/train/images") == [("set/train/images/a.png", ".")]
    lay("plain/images/a.png", "plain/b.png")
    assert len(found("plain")) == 2


def test_photographs_and_animations_are_left_out():
    lay("set/a.png", "set/a.jpg", "set/b.JPG", "set/c.jpeg", "set/d.gif", "set/ulm_leftImg8bit.png")
    assert found("set") == [("set/a.png", ".")]
    assert messages("set") == ["set: 1 label map; left out 2 *.jpg, 1 *.gif, 1 *.jpeg, 1 *_leftImg8bit"]


def test_results_are_no_inputs():
    lay("maps/a.png", "maps/a.labels/000000.png", "maps/a_2.frames/000000.png", "maps/a.first-frame.png")
    lay("maps/out/a/000000.png", "maps/a/000000.png", "maps/b.labels/0.png")
    assert found("maps", results="maps") == [
        ("maps/a.png", "."),
        ("maps/b.labels/0.png", "b.labels"),
        ("maps/out/a/000000.png", "out/a"),
    ]
    assert found("maps", results="maps/out") == [
        ("maps/a/000000.png", "a"),
        ("maps/a.png", "."),
        ("maps/b.labels/0.png", "b.labels"),
    ]
    assert found("maps/a.labels") == [("maps/a.labels/000000.png", ".")]


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ("empty", "empty: no label maps in it"),
        ("photos", "photos: no label maps in it; left out 2 *.jpg"),
        ("photos/*.png", "photos/*.png: matches no label map"),
        ("missing/*/x?.png", "missing/*/x?.png: matches no label map"),
        ("photos/*.txt", "photos/*.txt: matches no label map"),
    ],
)
def test_nothing_found_is_one_clear_error(named, message):
    lay("photos/a.jpg", "photos/b.jpg", "photos/a.txt", "a.png")
    Path("empty/in/vain").mkdir(parents=True)
    with pytest.raises(LabelMapError) as caught:
        search_label_maps([Path("a.png"), Path(named)])
    assert caught.value.message.replace(os.sep, "/") == message
    assert caught.value.hint == f"Label maps end in {', '.join(ENDINGS)}."


def test_a_pattern_that_is_none():
    with pytest.raises(UsageError, match=r"^maps.\*\*x: "):
        search_label_maps([Path("maps/**x")])


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_cannot_be_read():
    lay("maps/locked/a.png", "maps/b.png")
    Path("maps/locked").chmod(0)
    with pytest.raises(LabelMapError, match=r"^maps/locked: cannot be read: Permission denied$"):
        search_label_maps([Path("maps")])
    Path("maps/locked").chmod(0o700)
